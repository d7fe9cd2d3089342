/** Screening on arbitrary headers: never a throw, rule 4 holds, and material for repeats never collides. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseHeader } from '../../../src/mail/header-fields.ts'
import { idempotencyKey } from '../../../src/policy/idempotency.ts'
import { screenMessage } from '../../../src/policy/screening/actions.ts'
import { messageFindings, rules } from '../../../src/policy/screening/findings.ts'
import { firstKeyword, mediaType, withoutComments } from '../../../src/policy/screening/keywords.ts'

const value = fc
  .array(
    fc.oneof(
      fc.constantFrom('no', 'yes', '(', ')', '\\', '"', ';', ' ', 'auto_reply', 'multipart', '/', 'report', 'bulk', ','),
      fc.string({ unit: 'binary-ascii' }),
    ),
    { maxLength: 20 },
  )
  .map(parts => parts.join(''))
const name = fc.constantFrom(
  'Auto-Submitted',
  'X-Autoreply',
  'Precedence',
  'Content-Type',
  'List-Id',
  'X-Autorespond',
  'X-Loop',
  'Received',
  'Subject',
)

test('findings and verdicts on any header', () => {
  const settings = fc.record({
    automatic: fc.constantFrom('reject' as const, 'discard' as const, 'tag' as const, 'ignore' as const),
    'null-reverse-path': fc.constantFrom('refuse' as const, 'accept' as const),
  })
  const sender = fc.constantFrom(null, { localPart: 'mailer-daemon', domain: 'b.example' }, { localPart: 'a', domain: 'b.example' })
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value), { maxLength: 70 }), settings, sender, (fields, given, from) => {
      const header = parseHeader(new TextEncoder().encode(`${fields.map(([n, v]) => `${n}: ${v}\r\n`).join('')}\r\n`))
      const findings = messageFindings(header, 'h.example')
      for (const finding of findings) {
        expect(rules[finding.rule]).toBe(finding.class)
        expect(finding.detail.length).toBeLessThanOrEqual(120)
      }
      const relay = screenMessage(findings, { sender: from, settings: given, peer: 'relay' })
      const origin = screenMessage(findings, { sender: from, settings: given, peer: 'origin' })
      expect(['accept', 'discard']).toContain(relay.kind)
      expect(relay.kind === 'accept').toBe(origin.kind === 'accept')
    }),
    { numRuns: 1000 },
  )
})

test('comments change nothing about a keyword or a media type', () => {
  const comment = fc
    .array(fc.constantFrom('a', ' ', '"', '\\(', '\\)', '(b)', ';', '/'), { maxLength: 6 })
    .map(parts => `(${parts.join('')})`)
  const around = fc.oneof(comment, fc.constant(''), fc.constant(' '))
  fc.assert(
    fc.property(around, around, around, (a, b, c) => {
      expect(firstKeyword(`${a} No ${b}; x`)).toBe('no')
      expect(mediaType(`${a}Multipart${b}/${c}Report${a}; x`)).toBe('multipart/report')
      expect(withoutComments(`${a}${b}`).trim()).toBe('')
    }),
  )
})

describe('material for repeats', () => {
  const spelled = fc.string({ unit: fc.constantFrom('a', ':', ',', ';', '0', '1', '2'), maxLength: 6 })
  const message = fc.record({
    fields: fc.array(fc.tuple(fc.constantFrom('From', 'Date', 'Message-ID', 'Subject'), spelled), { maxLength: 6 }),
    recipient: spelled.map(local => `${local}x@b.example`),
    authenticated: fc.boolean(),
  })
  const material = ({ fields, recipient, authenticated }: { fields: [string, string][]; recipient: string; authenticated: boolean }) =>
    idempotencyKey({
      recipient,
      header: parseHeader(new TextEncoder().encode(`${fields.map(([n, v]) => `${n}: ${v}\r\n`).join('')}\r\n`)),
      authenticated,
    }).material
  const tuple = ({ fields, recipient, authenticated }: { fields: [string, string][]; recipient: string; authenticated: boolean }) =>
    JSON.stringify([
      recipient,
      authenticated,
      ['From', 'Date', 'Message-ID', 'Subject'].map(wanted => fields.filter(([n]) => n === wanted).map(([, v]) => v)),
    ])

  test('two are equal exactly where the tuples are', () => {
    fc.assert(
      fc.property(message, message, (a, b) => void expect(material(a) === material(b)).toBe(tuple(a) === tuple(b))),
      { numRuns: 3000 },
    )
  })
  test('one character moved from one value to the next is seen', () => {
    fc.assert(
      fc.property(spelled, spelled, fc.constantFrom('a', ':', ',', ';', '1'), (a, b, c) => {
        const of = (from: string, date: string) =>
          material({
            fields: [
              ['From', from],
              ['Date', date],
            ],
            recipient: 'x@b.example',
            authenticated: false,
          })
        expect(of(a + c, b) === of(a, c + b)).toBe(a + c === a && b === c + b)
      }),
    )
  })
})
