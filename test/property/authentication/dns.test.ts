/** The resolver against any octets: nothing throws but DnsFailure, nothing hangs, and no answer tells anything about another name. */
import { type Answer, encode, type Packet } from 'dns-packet'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readServer } from '../../../src/authentication/dns/address.ts'
import { readAnswer } from '../../../src/authentication/dns/answer.ts'
import { DnsFailure } from '../../../src/authentication/dns/failure.ts'
import { makeQuery, readPacket } from '../../../src/authentication/dns/query.ts'
import { type RecordType, readName, recordTypes } from '../../../src/authentication/dns/question.ts'
import { createResolver } from '../../../src/authentication/dns/resolver.ts'
import { type ScriptedDns, type ScriptedQuestion, scriptedDns } from '../../support/scripted-dns.ts'

const label = fc.string({ unit: fc.constantFrom(...'abcxyzABC019-_+=%{}~!'), minLength: 1, maxLength: 12 })
const name = fc.array(label, { minLength: 1, maxLength: 5 }).map(labels => labels.join('.'))
const type = fc.constantFrom(...recordTypes)

test('any text is a name in its one form, or none; never an error', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), name, fc.domain()), text => {
      const read = readName(text)
      if (read.kind !== 'name') return
      expect(readName(read.name)).toEqual(read)
      expect(read.name).toMatch(/^[!-@[-~]{1,253}$/)
      expect(read.name.split('.').every(part => part.length >= 1 && part.length <= 63)).toBe(true)
      // What is asked is just this name, as octets.
      const { octets } = makeQuery({ name: read.name, type: 'A' }, { mixedCase: false, edns: false }, length => new Uint8Array(length))
      const sent = readPacket(octets)!.questions![0]!.name
      expect(sent).toBe(read.name)
    }),
    { numRuns: 3_000 },
  )
})

test('any text is the address of a server or a plain error', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.ipV4(),
        fc.ipV6(),
        fc.tuple(fc.ipV6(), fc.nat(99_999)).map(([ip, port]) => `[${ip}]:${port}`),
      ),
      text => {
        try {
          const { port } = readServer(text)
          expect(port >= 1 && port <= 65_535).toBe(true)
        } catch (error) {
          expect((error as Error).message).toContain('not the address of a DNS server')
        }
      },
    ),
  )
})

test('letters in any case are the same question', () => {
  fc.assert(
    fc.property(name, type, fc.uint8Array({ minLength: 40, maxLength: 40 }), (text, wanted, bits) => {
      const question = { name: text.toLowerCase(), type: wanted }
      const mixed = makeQuery(question, { mixedCase: true, edns: false }, length => bits.subarray(0, length))
      const echoed = Uint8Array.from(mixed.octets)
      echoed[2] = 0x80
      expect(mixed.matches(echoed)).toBe('answer')
      const folded = makeQuery(question, { mixedCase: false, edns: false }, length => bits.subarray(0, length)).octets
      folded[2] = 0x80
      expect(mixed.matches(folded)).toBe(Buffer.from(folded).equals(echoed) ? 'answer' : 'recased')
    }),
    { numRuns: 500 },
  )
})

// ---------------------------------------------------------------- packets

const known = ['question.org', 'a.org', 'b.org', 'victim.example', 'org', '.']
const names = fc.constantFrom(...known, 'QUESTION.org')
const indexOf = (owner: string) => known.indexOf(owner.toLowerCase())
const record = fc.oneof(
  // The address says whose it is.
  fc.record({ name: names, ttl: fc.nat(0xffffffff) }).map(({ name, ttl }) => ({ name, type: 'A', ttl, data: `192.0.2.${indexOf(name)}` })),
  fc.record({ name: names, type: fc.constant('CNAME'), ttl: fc.nat(1_000), data: names }),
  fc.record({ name: names, type: fc.constant('NS'), ttl: fc.nat(1_000), data: names }),
  fc.record({ name: names, type: fc.constant('TXT'), ttl: fc.nat(1_000), data: fc.array(fc.string({ maxLength: 9 })) }),
  fc.record({
    name: names,
    type: fc.constant('SOA'),
    ttl: fc.nat(1_000),
    data: fc.record({ mname: names, rname: names, minimum: fc.nat(0xffffffff) }),
  }),
) as fc.Arbitrary<Answer>
const section = fc.array(record, { maxLength: 6 })
const packets = fc
  .record({ flags: fc.nat(0x7fff), answers: section, authorities: section, additionals: section })
  .map(packet => encode({ type: 'response', ...packet } as Packet))

/** The names that lead from the question to records, by what the packet says; the other way round than the resolver goes. */
function reaches(answers: readonly Answer[], from: string): ReadonlySet<string> {
  const reached = new Set([from])
  for (let before = -1; before !== reached.size; ) {
    before = reached.size
    for (const entry of answers) {
      if (entry.type === 'CNAME' && reached.has(entry.name.toLowerCase())) reached.add(String(entry.data).toLowerCase())
    }
  }
  return reached
}

test('of any packet only records of the question’s chain are taken, for a second to a day', () => {
  fc.assert(
    fc.property(packets, octets => {
      const packet = readPacket(octets)!
      const found = readAnswer(packet, { name: 'question.org', type: 'A' })
      const chain = reaches(packet.answers ?? [], 'question.org')
      for (const address of found.kind === 'records' ? found.records : []) expect(chain).toContain(known[Number(String(address).slice(8))])
      if (found.kind === 'continues') expect(chain.has(found.name)).toBe(true)
      if (found.kind !== 'failed') expect(found.ttl >= 1_000 && found.ttl <= 86_400_000).toBe(true)
    }),
    { numRuns: 3_000 },
  )
})

const noise = fc.oneof(
  fc.uint8Array({ maxLength: 600 }),
  fc.tuple(packets, fc.array(fc.tuple(fc.nat(500), fc.nat(255)), { maxLength: 5 })).map(([octets, changes]) => {
    const changed = Uint8Array.from(octets)
    for (const [at, octet] of changes) if (at < changed.length) changed[at] = octet
    return changed
  }),
)

test('any octets are read as a packet or as none, and a packet as some answer', () => {
  fc.assert(
    fc.property(noise, type, (octets, wanted) => {
      const packet = readPacket(octets)
      if (packet !== null)
        expect(['records', 'none', 'continues', 'failed']).toContain(readAnswer(packet, { name: 'question.org', type: wanted }).kind)
    }),
    { numRuns: 3_000 },
  )
})

// ---------------------------------------------------------------- the whole

let server: ScriptedDns
/** What follows the id, or the id and the question, of the query; over TCP too. */
let answering: (question: ScriptedQuestion) => Uint8Array[] = () => []
beforeAll(async () => {
  server = await scriptedDns(question => answering(question))
})
afterAll(() => server.stop())

const id = ({ id }: ScriptedQuestion) => [id >> 8, id & 255]
/** The header as the octets have it, but for the id and one question; then the question, then the rest. */
function framed(question: ScriptedQuestion, octets: Uint8Array): Uint8Array {
  const end = 12 + question.name.length + 2 + 4
  const header = [
    ...id(question),
    0x80 | ((octets[2] ?? 0) % 8),
    octets[3] ?? 0,
    0,
    1,
    ...Array.from({ length: 6 }, (_, at) => octets[6 + at] ?? 0),
  ]
  return Buffer.concat([Buffer.from(header), question.octets.subarray(12, end), octets.subarray(12)])
}

test('whatever a server answers, a question ends in time with records or a DnsFailure, and other names stay as they were', async () => {
  const victim = ['192.0.2.1']
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(noise, fc.boolean()), { maxLength: 3 }), type, async (pieces, wanted: RecordType) => {
      answering = question =>
        question.key === 'victim.example'
          ? [
              encode({
                type: 'response',
                id: question.id,
                questions: question.packet.questions!,
                answers: [{ name: question.name, type: 'A', ttl: 9, data: victim[0]! }],
              }),
            ]
          : pieces.map(([octets, whole]) =>
              whole ? framed(question, octets) : Buffer.concat([Buffer.from(id(question)), octets.subarray(2)]),
            )
      const resolver = createResolver({ servers: [server.server], timeout: 25, tries: 1, clock: Date.now })
      const started = performance.now()
      try {
        expect(Array.isArray(await resolver.resolve('question.org', wanted))).toBe(true)
      } catch (error) {
        expect(error).toBeInstanceOf(DnsFailure)
      }
      // A chain has nine questions at most, of 25 ms each; the machine may be busy.
      expect(performance.now() - started).toBeLessThan(3_000)
      const told = await resolver.resolve('victim.example', 'A').catch(error => error.code)
      resolver.close()
      // Only silence, on a busy machine or from a server that is believed to be down, is as good.
      expect([JSON.stringify(victim), '"ETIMEOUT"']).toContain(JSON.stringify(told))
    }),
    { numRuns: 300, interruptAfterTimeLimit: 20_000, markInterruptAsFailure: false },
  )
})
