/** Whole messages and what screening finds in them: test/messages/screening, one .eml each, the answers in expected.json. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parseAddress } from '../../../../src/mail/address.ts'
import { parseHeader } from '../../../../src/mail/header-fields.ts'
import { type ScreeningSettings, screenMessage } from '../../../../src/policy/screening/actions.ts'
import { examine } from '../../../../src/policy/screening/examine.ts'
import { envelopeFindings } from '../../../../src/policy/screening/findings.ts'
import { machineOf } from '../../../../src/policy/screening/machine.ts'
import type { Verdict } from '../../../../src/policy/verdict.ts'

type Said = 'accept' | 'discard' | 'loop'

interface Expected {
  readonly sender: string
  /** Vacation notices looked for. */
  readonly rules: readonly string[]
  /** With the default settings, at a relay peer; `loop` is a loop there. */
  readonly verdict: Said
  /** Vacation notices looked for. */
  readonly machine: string
  /** On a route with `bounces: true`. */
  readonly bounceRoute: Said
}

const folder = new URL('../../../messages/screening/', import.meta.url)
const expected = new Map(Object.entries(JSON.parse(readFileSync(new URL('expected.json', folder), 'utf8')) as Record<string, Expected>))
const settings: ScreeningSettings = { automatic: 'discard', 'null-reverse-path': 'refuse' }

const said = (verdict: Verdict): Said => {
  if (verdict.kind === 'accept') return 'accept'
  expect(verdict.kind).toBe('discard')
  return 'reason' in verdict && verdict.reason === 'message.loop' ? 'loop' : 'discard'
}

test('every message has its answer', () => {
  expect(
    readdirSync(folder)
      .filter(name => name.endsWith('.eml'))
      .sort(),
  ).toEqual([...expected.keys()].sort())
})

describe('messages', () => {
  test.each([...expected])('%s', (name, { sender: from, rules, verdict, machine, bounceRoute }) => {
    const sender = parseAddress(from)
    expect(sender === null).toBe(from === '')
    const octets = readFileSync(new URL(name, folder))
    const header = parseHeader(octets)
    expect(header.complete).toBe(true)
    const message = { header, hostname: 'in.example.com', sender, head: octets.subarray(header.bodyStart).toString('latin1') }
    const screened = (more: Partial<ScreeningSettings>) => {
      const given = { ...settings, ...more }
      return said(screenMessage(examine(message, [given]), { sender, settings: given, peer: 'relay' }))
    }
    const findings = examine(message, [settings, { ...settings, vacation: 'tag' }])
    expect([...envelopeFindings(sender), ...findings].map(finding => finding.rule).sort()).toEqual([...rules].sort())
    expect(machineOf({ findings, sender })).toBe(machine)
    expect(screened({})).toBe(verdict)
    expect(screened({ bounces: true })).toBe(bounceRoute)
    const vacation = findings.some(finding => finding.class === 'vacation')
    expect(screened({ vacation: 'discard' })).toBe(verdict === 'accept' && vacation ? 'discard' : verdict)
    expect(screened({ vacation: 'tag' })).toBe(verdict)
    if (!vacation) return
    expect(examine(message, [settings]).filter(finding => finding.class === 'vacation')).toEqual([])
  })
})
