/** Queries as octets, and which packets are taken for their answers. */
import { decode, encode, type Packet } from 'dns-packet'
import { describe, expect, it } from 'vitest'
import { makeQuery } from '../../../../src/authentication/dns/query.ts'

const question = { name: 'mail.example.org', type: 'TXT' } as const
const zeros = (octets: number) => new Uint8Array(octets)
const ones = (octets: number) => new Uint8Array(octets).fill(255)
const plain = { mixedCase: false, edns: false }

describe('a query', () => {
  it('asks for recursion, with EDNS of 1,232 octets', () => {
    const packet = decode(Buffer.from(makeQuery(question, { ...plain, edns: true }, ones).octets))
    expect(packet).toMatchObject({
      type: 'query',
      id: 0xffff,
      flag_rd: true,
      questions: [{ name: 'mail.example.org', type: 'TXT', class: 'IN' }],
    })
    expect(packet.additionals).toMatchObject([{ type: 'OPT', udpPayloadSize: 1232 }])
    expect(decode(Buffer.from(makeQuery(question, plain, ones).octets)).additionals).toEqual([])
  })

  it('has letters in random case', () => {
    const name = (random: (octets: number) => Uint8Array) =>
      decode(Buffer.from(makeQuery(question, { ...plain, mixedCase: true }, random).octets)).questions![0]!.name
    expect(name(ones)).toBe('MAIL.EXAMPLE.ORG')
    expect(name(zeros)).toBe('mail.example.org')
    expect(name(octets => new Uint8Array(octets).fill(0b01010101))).toBe('MaIl.eXaMpLe.oRg')
  })
})

describe('a packet', () => {
  const query = makeQuery(question, { mixedCase: true, edns: true }, ones)
  const answer = ({ rcode = 0, ...packet }: Packet & { rcode?: number } = {}) =>
    encode({ type: 'response', id: 0xffff, flags: rcode, questions: [{ name: 'MAIL.EXAMPLE.ORG', type: 'TXT' }], ...packet })

  it('with its id and question is the answer', () => {
    expect(query.matches(answer())).toBe('answer')
  })

  it('in another case is told apart', () => {
    expect(query.matches(answer({ questions: [{ name: 'mail.EXAMPLE.ORG', type: 'TXT' }] }))).toBe('recased')
  })

  it.each([
    ['another id', answer({ id: 0xfffe })],
    ['another name', answer({ questions: [{ name: 'MAIL.EXAMPLE.ORH', type: 'TXT' }] })],
    ['a longer name', answer({ questions: [{ name: 'MAIL.EXAMPLE.ORG.X', type: 'TXT' }] })],
    ['another type', answer({ questions: [{ name: 'MAIL.EXAMPLE.ORG', type: 'A' }] })],
    ['another class', answer({ questions: [{ name: 'MAIL.EXAMPLE.ORG', type: 'TXT', class: 'CH' }] })],
    ['two questions', answer({ questions: Array(2).fill({ name: 'MAIL.EXAMPLE.ORG', type: 'TXT' }) })],
    ['no question', answer({ questions: [] })],
    ['no question, and no such name', answer({ questions: [], rcode: 3 })],
    ['the query itself', query.octets],
    ['half a header', answer().subarray(0, 11)],
    ['half a question', answer().subarray(0, 20)],
    ['nothing', new Uint8Array(0)],
  ])('with %s is not', (_, packet) => {
    expect(query.matches(packet)).toBe('other')
  })

  it('may refuse without a question', () => {
    expect(query.matches(answer({ questions: [], rcode: 1 }))).toBe('answer')
  })
})
