/** Screening on arbitrary headers: never a throw, rule 4 holds, and material for repeats never collides. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseHeader } from '../../../src/mail/header-fields.ts'
import { idempotencyKey } from '../../../src/policy/idempotency.ts'
import { screenEnvelope, screenMessage } from '../../../src/policy/screening/actions.ts'
import { examine } from '../../../src/policy/screening/examine.ts'
import { messageFindings, rules } from '../../../src/policy/screening/findings.ts'
import { firstKeyword, mediaType, parameter, withoutComments } from '../../../src/policy/screening/keywords.ts'
import { machineOf } from '../../../src/policy/screening/machine.ts'
import { isVacationSubject } from '../../../src/policy/screening/vacation.ts'

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

const words = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'failure notice',
        'Undeliverable: ',
        'Automatic reply',
        'Verify your email',
        'Password reset',
        'MAILER-DAEMON@x',
        'a@x',
        '<',
        '>',
      ),
      fc.constantFrom(
        'multipart/report',
        '; report-type=delivery-status',
        'Hi. This is the qmail-send program at ',
        'http://x/token=1',
        ' ',
        '\r\n',
      ),
      fc.string({ unit: 'binary', maxLength: 20 }),
    ),
    { maxLength: 6 },
  )
  .map(parts => parts.join(''))
const machineField = fc.constantFrom(
  'From',
  'Subject',
  'Content-Type',
  'Auto-Submitted',
  'In-Reply-To',
  'X-Failed-Recipients',
  'X-Vacation',
  'X-Loop',
)
const action = fc.constantFrom('reject' as const, 'discard' as const, 'tag' as const, 'ignore' as const)
const anySettings = fc.record({
  automatic: action,
  'null-reverse-path': fc.constantFrom('refuse' as const, 'accept' as const),
  vacation: action,
  bounces: fc.boolean(),
})

test('whole messages: bounded findings, no 5yz to a relay, and each setting does what it says and no more', () => {
  const sender = fc.constantFrom(null, { localPart: 'mailer-daemon', domain: 'x' }, { localPart: 'a', domain: 'x' })
  fc.assert(
    fc.property(fc.array(fc.tuple(machineField, words), { maxLength: 12 }), words, sender, anySettings, (fields, head, from, settings) => {
      const text = fields.map(([n, v]) => `${n}: ${v.replace(/[\r\n]+/g, ' ')}\r\n`).join('')
      const message = { header: parseHeader(new TextEncoder().encode(`${text}\r\n`)), hostname: 'h', sender: from, head }
      const findings = examine(message, [settings])
      for (const finding of findings) {
        expect(rules[finding.rule]).toBe(finding.class)
        expect(finding.detail.length).toBeLessThanOrEqual(120)
      }
      const has = (name: string) => findings.some(finding => finding.class === name)
      if (settings.vacation === 'ignore') expect(has('vacation')).toBe(false)
      const relay = screenMessage(findings, { sender: from, settings, peer: 'relay' })
      const origin = screenMessage(findings, { sender: from, settings, peer: 'origin' })
      expect(['accept', 'discard']).toContain(relay.kind)
      expect(relay.kind === 'accept').toBe(origin.kind === 'accept')
      if (has('loop')) return expect(relay.kind).toBe('discard')
      const machine = machineOf({ findings, sender: from })
      const stops = (setting: string) => setting === 'reject' || setting === 'discard'
      const stopped = (has('automatic') && stops(settings.automatic)) || (has('vacation') && stops(settings.vacation))
      const envelope = screenEnvelope(from, settings, 'origin').kind !== 'accept'
      expect(relay.kind !== 'accept').toBe(envelope || (stopped && !(settings.bounces && machine === 'bounce')))
      if (settings.bounces) expect(envelope).toBe(false)
    }),
    { numRuns: 2000 },
  )
})

test('a subject that begins with an answer is never a vacation notice', () => {
  fc.assert(
    fc.property(fc.constantFrom('Re: ', 'AW: ', 'Fwd: ', 'Sv: ', '> '), fc.oneof(words, fc.string({ unit: 'binary' })), (prefix, rest) => {
      expect(isVacationSubject(prefix + rest)).toBe(false)
    }),
  )
})

test('a parameter is found as it was written, quoted or not, whatever stands before it', () => {
  const token = fc.string({ unit: fc.constantFrom(...'abc-1.'), minLength: 1, maxLength: 8 })
  const quoted = fc.string({ unit: fc.constantFrom(...'ab;="\\ ,'), maxLength: 8 })
  const other = fc.tuple(
    token,
    fc.oneof(
      token,
      quoted.map(text => `"${text.replace(/["\\]/g, '\\$&')}"`),
    ),
  )
  fc.assert(
    fc.property(fc.array(other, { maxLength: 4 }), quoted, token, (others, text, plain) => {
      const before = `multipart/report${others.map(([n, v]) => `; x${n}=${v}`).join('')}`
      expect(parameter(`${before}; Wanted="${text.replace(/["\\]/g, '\\$&')}"; y=z`, 'wanted')).toBe(text)
      expect(parameter(`${before} ;\r\n\twanted = ${plain}`, 'wanted')).toBe(plain)
      expect(parameter(before, 'wanted')).toBeNull()
    }),
  )
  fc.assert(fc.property(fc.oneof(words, fc.string({ unit: 'binary' })), text => void parameter(text, 'x')))
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
