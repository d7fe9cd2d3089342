/**
 * The protocols in which Postfix asks: the same octets make the same answers however they are cut into pieces, every
 * well-formed question has one answer in its place, an answer is one frame, and no input throws.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Malformed, QuestionReader } from '../../../src/listeners/ask-connection.ts'
import { parseUnquoted, senderOf } from '../../../src/listeners/policy-service/address.ts'
import { answerPolicy } from '../../../src/listeners/policy-service/answer.ts'
import { createTold } from '../../../src/listeners/policy-service/origin.ts'
import { parseRequest, policyReader } from '../../../src/listeners/policy-service/request.ts'
import { answerSocketmap } from '../../../src/listeners/socketmap/answer.ts'
import { netstring, netstringReader } from '../../../src/listeners/socketmap/netstring.ts'
import { formatAddress, parseAddress } from '../../../src/mail/address.ts'
import { createGuard } from '../../../src/transaction/guard.ts'
import { actions, netstrings } from '../../support/ask-client.ts'
import { testSite } from '../../support/site.ts'

/** All that is found in the pieces, up to the first that is malformed. */
function readAll<Question>(reader: QuestionReader<Question>, pieces: readonly Buffer[]): (Question | Malformed)[] {
  const found: (Question | Malformed)[] = []
  for (const piece of pieces) {
    reader.feed(piece)
    for (let next = reader.next(); next !== null; next = reader.next()) {
      found.push(next)
      if (typeof next === 'object' && next !== null && 'malformed' in next) return found
    }
  }
  return found
}

function cutAt(octets: Buffer, places: readonly number[]): Buffer[] {
  const at = [...new Set(places.map(place => place % (octets.length + 1)))].sort((a, b) => a - b)
  return [0, ...at].map((start, i) => octets.subarray(start, at[i] ?? octets.length))
}
const places = fc.array(fc.nat({ max: 5_000 }), { maxLength: 12 })

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constantFrom('recipients incoming+GoodKey@in.test', 'recipients nobody@in.test', 'recipients @in.test', 'other x@in.test'),
)
const netstringText = text.filter(value => value !== '').map(value => value.toWellFormed())
const junk = fc.oneof(
  fc.uint8Array({ maxLength: 30 }),
  fc.constantFrom(...['0:,', '9:', ',', '1:ab', '\n\n', 'a=b\n', '='].map(s => Buffer.from(s))),
)

const value = fc.string({ unit: 'binary', maxLength: 40 }).map(raw => raw.toWellFormed().replace(/[\n\0]/g, ''))
const attribute = fc.tuple(
  fc.oneof(
    fc.constantFrom('recipient', 'sender', 'client_address', 'size', 'protocol_state', '__proto__'),
    fc.stringMatching(/^[a-z_]{1,12}$/),
  ),
  fc.oneof(value, fc.constantFrom('RCPT', 'incoming+GoodKey@in.test', 'nobody@in.test', 'incoming+Down@in.test', '192.0.2.1', '', '=')),
)
const policyText = fc
  .array(attribute, { maxLength: 12 })
  .map(list => `request=smtpd_access_policy\nprotocol_state=RCPT\n${list.map(([name, text]) => `${name}=${text}\n`).join('')}\n`)
  .filter(text => !/^request=(?!smtpd_access_policy$)/m.test(text))

describe.each([
  ['socketmap', (): QuestionReader<unknown> => netstringReader(), netstringText.map(netstring)],
  ['policy', (): QuestionReader<unknown> => policyReader(), policyText],
])('%s', (_, reader, question) => {
  test('well-formed questions are all found, in every piece', () =>
    fc.assert(
      fc.property(fc.array(question, { maxLength: 6 }), places, (questions, cuts) => {
        const octets = Buffer.from(questions.join(''))
        const found = readAll(reader(), cutAt(octets, cuts))
        expect(found).toEqual(questions.map(one => readAll(reader(), [Buffer.from(one)])[0]))
        expect(found).toHaveLength(questions.length)
        expect(found.every(one => typeof one !== 'object' || one === null || !('malformed' in one))).toBe(true)
      }),
    ))

  test('any octets: never a throw, and the same in every piece', () =>
    fc.assert(
      fc.property(fc.array(question, { maxLength: 3 }), junk, fc.array(question, { maxLength: 2 }), places, (before, bad, after, cuts) => {
        const octets = Buffer.concat([Buffer.from(before.join('')), bad, Buffer.from(after.join(''))])
        const whole = readAll(reader(), [octets])
        expect(readAll(reader(), cutAt(octets, cuts))).toEqual(whole)
        expect(
          readAll(
            reader(),
            [...octets].map(octet => Buffer.of(octet)),
          ),
        ).toEqual(whole)
      }),
    ))
})

test('the text of a netstring comes back as it was', () =>
  fc.assert(
    fc.property(netstringText, value => {
      expect(readAll(netstringReader(), [Buffer.from(netstring(value))])).toEqual([value])
    }),
  ))

test('an attribute comes back as it was', () =>
  fc.assert(
    fc.property(value, recipient => {
      expect(parseRequest(`request=smtpd_access_policy\nrecipient=${recipient}`)).toMatchObject({ recipient })
    }),
  ))

test('every request to the map has one netstring for an answer', () =>
  fc.assert(
    fc.asyncProperty(
      fc.oneof(
        text,
        text.map(key => `recipients ${key}`),
      ),
      async request => {
        const { found, rest } = netstrings(await answerSocketmap(testSite(), request))
        expect(rest).toBe('')
        expect(found).toHaveLength(1)
        expect(found[0]).toMatch(/^(?:OK .+@|NOTFOUND $|TEMP \S|PERM \S)/)
      },
    ),
  ))

test('every request to the policy service has one action, and none that lets mail in', () =>
  fc.assert(
    fc.asyncProperty(policyText, async request => {
      const guard = createGuard({ connections: 1, connectionsPerNetwork: 1, unknownRecipients: 1, errors: 1 }, () => 0)
      const question = parseRequest(request.slice(0, -2))
      if ('malformed' in question) throw new Error(question.malformed)
      const answer = await answerPolicy(testSite(), { guard, told: createTold() }, question)
      const { found, rest } = actions(answer)
      expect(rest).toBe('')
      expect(found).toHaveLength(1)
      expect(found[0]).toMatch(/^(?:DUNNO|DEFER_IF_PERMIT 4\.\d+\.\d+ [ -~]+|(?:421 4|501 5|550 5)\.\d+\.\d+ [ -~]+)$/)
    }),
  ))

test('an address without its quotes is the address that was meant', () =>
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', '.', '"', '\\', ' ', '@', 'ü', '+'), minLength: 1, maxLength: 12 }), localPart => {
      const meant = parseAddress(formatAddress({ localPart, domain: 'in.test' }))
      expect(parseUnquoted(`${localPart}@in.test`)).toEqual(meant)
    }),
  ))

test('every sender but the null one is an address', () =>
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 600 }), sender => {
      const found = senderOf(sender)
      expect(found === null).toBe(sender === '')
      if (found !== null) expect(formatAddress(found).length).toBeLessThan(2_000)
    }),
  ))
