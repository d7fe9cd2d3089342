/** Whole messages and what screening finds in them: test/messages/screening, one .eml each, the answers in expected.json. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parseAddress } from '../../../../src/mail/address.ts'
import { parseHeader } from '../../../../src/mail/header-fields.ts'
import { screenMessage } from '../../../../src/policy/screening/actions.ts'
import { envelopeFindings, messageFindings } from '../../../../src/policy/screening/findings.ts'

interface Expected {
  readonly sender: string
  readonly rules: readonly string[]
  /** With the default settings, at a relay peer; `loop` is a loop there. */
  readonly verdict: 'accept' | 'discard' | 'loop'
}

const folder = new URL('../../../messages/screening/', import.meta.url)
const expected = new Map(Object.entries(JSON.parse(readFileSync(new URL('expected.json', folder), 'utf8')) as Record<string, Expected>))
const settings = { automatic: 'discard', 'null-reverse-path': 'refuse' } as const

test('every message has its answer', () => {
  expect(
    readdirSync(folder)
      .filter(name => name.endsWith('.eml'))
      .sort(),
  ).toEqual([...expected.keys()].sort())
})

describe('messages', () => {
  test.each([...expected])('%s', (name, { sender, rules, verdict }) => {
    const reversePath = parseAddress(sender)
    expect(reversePath === null).toBe(sender === '')
    const header = parseHeader(readFileSync(new URL(name, folder)))
    expect(header.complete).toBe(true)
    const findings = messageFindings(header, 'in.example.com')
    const all = [...envelopeFindings(reversePath), ...findings]
    expect(all.map(finding => finding.rule).sort()).toEqual([...rules].sort())
    const decided = screenMessage(findings, { sender: reversePath, settings, peer: 'relay' })
    const reason = { accept: undefined, discard: 'message.automatic', loop: 'message.loop' }[verdict]
    expect(decided.kind).toBe(verdict === 'accept' ? 'accept' : 'discard')
    expect('reason' in decided ? decided.reason : undefined).toBe(reason)
  })
})
