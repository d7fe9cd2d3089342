import { describe, expect, test } from 'vitest'
import { parseAddress } from '../../../../src/mail/address.ts'
import { buildDirectory, type DirectoryEntry, lookUp } from '../../../../src/policy/recipient/directory.ts'
import { compilePattern } from '../../../../src/policy/recipient/pattern.ts'

const entries = (spelled: Record<string, string>): DirectoryEntry[] =>
  Object.entries(spelled).map(([mailbox, text]) => {
    const pattern = compilePattern(text)
    if ('problem' in pattern) throw new Error(pattern.problem)
    return { mailbox, pattern }
  })

const directory = buildDirectory(
  entries({
    all: '%{key}@catch.example',
    short: 'a%{key}@catch.example',
    longer: 'ab%{key}@catch.example',
    ends: '%{key}-end@catch.example',
    exact: 'abc@catch.example',
    incoming: 'incoming+%{key}@in.example',
    pm: 'postmaster@own.example',
    quoted: '"pc m"@own.example',
  }),
)

describe('whose address is it', () => {
  test.each([
    ['xyz@catch.example', { kind: 'mailbox', mailbox: 'all', key: 'xyz' }],
    ['a1@catch.example', { kind: 'mailbox', mailbox: 'short', key: '1' }],
    ['A@catch.example', { kind: 'mailbox', mailbox: 'all', key: 'A' }],
    ['ABx@catch.example', { kind: 'mailbox', mailbox: 'longer', key: 'x' }],
    ['abc@catch.example', { kind: 'mailbox', mailbox: 'exact', key: null }],
    ['ABC@CATCH.example', { kind: 'mailbox', mailbox: 'exact', key: null }],
    ['ab-end@catch.example', { kind: 'mailbox', mailbox: 'ends', key: 'ab' }],
    ['Postmaster@catch.example', { kind: 'postmaster', domain: 'catch.example' }],
    ['postmaster@in.example', { kind: 'postmaster', domain: 'in.example' }],
    ['postmaster+x@in.example', { kind: 'unknown' }],
    ['POSTMASTER@own.example', { kind: 'mailbox', mailbox: 'pm', key: null }],
    ['"pc m"@own.example', { kind: 'mailbox', mailbox: 'quoted', key: null }],
    ['incoming@in.example', { kind: 'unknown' }],
    ['incoming+@in.example', { kind: 'unknown' }],
    ['__proto__@in.example', { kind: 'unknown' }],
    ['incoming+__proto__@in.example', { kind: 'mailbox', mailbox: 'incoming', key: '__proto__' }],
    ['incoming+k@sub.in.example', { kind: 'unserved' }],
    ['incoming+k@constructor', { kind: 'unserved' }],
  ])('%s', (text, expected) => {
    expect(lookUp(directory, parseAddress(text)!)).toEqual(expected)
  })

  test('<Postmaster> without a domain means that of the first mailbox', () => {
    expect(lookUp(directory, 'postmaster')).toEqual({ kind: 'postmaster', domain: 'catch.example' })
    expect(lookUp(buildDirectory(entries({ pm: 'postmaster@a.example' })), 'postmaster')).toMatchObject({ mailbox: 'pm' })
    expect(lookUp(buildDirectory([]), 'postmaster')).toEqual({ kind: 'unserved' })
  })

  test('the order of the configuration doesn’t matter', () => {
    const turned = buildDirectory(entries({ all: '%{key}@a.example', exact: 'b@a.example' }).reverse())
    expect(lookUp(turned, { localPart: 'b', domain: 'a.example' })).toMatchObject({ mailbox: 'exact' })
  })
})
