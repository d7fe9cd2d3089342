/** What all findings of a message come to. */
import { expect, test } from 'vitest'
import { parseAddress } from '../../../../src/mail/address.ts'
import { type Rule, rules } from '../../../../src/policy/screening/findings.ts'
import { machineOf, machines } from '../../../../src/policy/screening/machine.ts'

const machine = (sender: string, ...found: readonly Rule[]) =>
  machineOf({ sender: parseAddress(sender), findings: found.map(rule => ({ rule, class: rules[rule], detail: '' })) })

test.each<[string, readonly Rule[], string]>([
  ['a@b.example', [], 'none'],
  ['a@b.example', ['received-count'], 'none'],
  ['', [], 'auto-reply'],
  ['mailer-daemon@b.example', [], 'bounce'],
  ['list-bounces@b.example', [], 'list'],
  ['', ['delivery-status'], 'bounce'],
  ['', ['multipart-report'], 'auto-reply'],
  ['a@b.example', ['auto-submitted', 'bounce'], 'bounce'],
  ['a@b.example', ['verification', 'bounce'], 'bounce'],
  ['a@b.example', ['auto-submitted', 'verification', 'list-id'], 'verification'],
  ['list-bounces@b.example', ['auto-submitted', 'precedence-bulk'], 'auto-reply'],
  ['a@b.example', ['vacation-subject'], 'auto-reply'],
  ['a@b.example', ['precedence-bulk'], 'list'],
])('<%s> %j: %s', (sender, found, expected) => {
  expect(machine(sender, ...found)).toBe(expected)
})

test('whatever is automatic or a vacation notice is some machine’s', () => {
  for (const [rule, of] of Object.entries(rules)) if (of !== 'loop') expect(machines[rule as Rule], rule).not.toBe('none')
})
