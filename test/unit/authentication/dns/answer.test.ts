/** What packets say: records of the question's own chain, "none" and for how long, or nothing of use. */
import { type Answer, AUTHORITATIVE_ANSWER, decode, encode, type Packet } from 'dns-packet'
import { describe, expect, it } from 'vitest'
import { readAnswer } from '../../../../src/authentication/dns/answer.ts'
import type { Question } from '../../../../src/authentication/dns/question.ts'
import { copyRecords, sizeOf } from '../../../../src/authentication/dns/records.ts'

const asked: Question = { name: 'example.org', type: 'A' }
const read = ({ rcode = 0, ...packet }: Packet & { rcode?: number }, question = asked) =>
  readAnswer(decode(encode({ type: 'response', ...packet, flags: (packet.flags ?? 0) | rcode })), question)

const a = (name: string, data: string, ttl = 300): Answer => ({ name, type: 'A', ttl, class: 'IN', data })
const cname = (name: string, data: string, ttl = 300): Answer => ({ name, type: 'CNAME', ttl, class: 'IN', data })
const soa = (name: string, minimum: number, ttl = 3_600): Answer => ({
  name,
  type: 'SOA',
  ttl,
  data: { mname: 'ns', rname: 'admin', minimum },
})
const ns = (name: string): Answer => ({ name, type: 'NS', ttl: 60, data: 'ns.example.net' })

describe('records', () => {
  it('are those of the name, for their least time to live', () => {
    expect(read({ answers: [a('example.org', '192.0.2.1', 300), a('EXAMPLE.org', '192.0.2.2', 20)] })).toEqual({
      kind: 'records',
      records: ['192.0.2.1', '192.0.2.2'],
      ttl: 20_000,
    })
  })

  it('of other names, types and classes are not taken', () => {
    const others: Answer[] = [
      a('www.example.org', '192.0.2.1'),
      a('example.com', '192.0.2.1'),
      { name: 'example.org', type: 'TXT', ttl: 9, data: 'x' },
      { name: 'example.org', type: 'A', class: 'CH', ttl: 9, data: '192.0.2.9' },
    ]
    expect(read({ answers: others })).toMatchObject({ kind: 'none', code: 'ENODATA' })
    expect(read({ additionals: [a('example.org', '192.0.2.1')], authorities: [a('example.org', '192.0.2.1')] })).toMatchObject({
      kind: 'none',
    })
  })

  it.each([
    [0, 1_000],
    [1, 1_000],
    [2, 2_000],
    [86_400, 86_400_000],
    [86_401, 86_400_000],
    [0x7fffffff, 86_400_000],
    [0x80000000, 1_000],
  ])('with a time to live of %i s are kept %i ms', (seconds, ttl) => {
    expect(read({ answers: [a('example.org', '192.0.2.1', seconds)] })).toMatchObject({ ttl })
  })

  it('have the shapes of node:dns', () => {
    const answer = (type: Question['type'], data: unknown) =>
      read({ answers: [{ name: 'example.org', type, ttl: 9, data } as Answer] }, { name: 'example.org', type })
    expect(answer('TXT', ['a', Buffer.from([0x62, 0xff])])).toMatchObject({ records: [['a', 'b\u00ff']] })
    expect(answer('MX', { preference: 5, exchange: 'Mail.Example.ORG' })).toMatchObject({
      records: [{ exchange: 'mail.example.org', priority: 5 }],
    })
    expect(answer('MX', { preference: 0, exchange: '.' })).toMatchObject({ records: [{ exchange: '', priority: 0 }] })
    expect(answer('PTR', 'Mail.example.org')).toMatchObject({ records: ['mail.example.org'] })
    expect(answer('CNAME', 'Mail.example.org')).toMatchObject({ records: ['mail.example.org'] })
    expect(answer('NS', 'ns.example.org')).toMatchObject({ records: ['ns.example.org'] })
    expect(answer('AAAA', '2001:db8:0:0:1:0:0:0')).toMatchObject({ records: ['2001:db8:0:0:1::'] })
  })
})

describe('aliases', () => {
  const chain = (count: number): Answer[] =>
    Array.from({ length: count }, (_, at) => cname(at === 0 ? 'example.org' : `c${at}.org`, `c${at + 1}.org`, 50 + at))

  it('are followed within the packet, in whatever order', () => {
    expect(read({ answers: [a('c2.org', '192.0.2.1', 300), ...chain(2).reverse()] })).toEqual({
      kind: 'records',
      records: ['192.0.2.1'],
      ttl: 50_000,
    })
  })

  it('lead to another question where they leave it', () => {
    expect(read({ answers: [...chain(2), a('c3.org', '192.0.2.1')] })).toEqual({
      kind: 'continues',
      name: 'c2.org',
      aliases: 2,
      ttl: 50_000,
    })
  })

  it('are eight at most', () => {
    expect(read({ answers: [...chain(8), a('c8.org', '192.0.2.1')] })).toMatchObject({ kind: 'records' })
    expect(read({ answers: [...chain(9), a('c9.org', '192.0.2.1')] })).toEqual({ kind: 'failed', code: 'ESERVFAIL' })
  })

  it('that go round, or to what is no name, are a failure', () => {
    expect(read({ answers: [cname('example.org', 'a.org'), cname('a.org', 'example.org')] })).toMatchObject({ kind: 'failed' })
    expect(read({ answers: [cname('example.org', 'a b.org')] })).toMatchObject({ kind: 'failed' })
  })

  it('to nothing are none, by the SOA of where they lead', () => {
    expect(read({ rcode: 3, answers: chain(1), authorities: [soa('org', 30)] })).toEqual({ kind: 'none', code: 'ENOTFOUND', ttl: 30_000 })
    expect(read({ answers: chain(1), authorities: [soa('c1.org', 30)] })).toEqual({ kind: 'none', code: 'ENODATA', ttl: 30_000 })
  })
})

describe('none', () => {
  it.each([
    ['the least of the SOA', [soa('example.org', 30, 3_600)], 30_000],
    ['and of its own time to live', [soa('example.org', 3_600, 40)], 40_000],
    ['a quarter of an hour at most', [soa('org', 901, 3_600)], 900_000],
    ['a second at least', [soa('.', 0, 0)], 1_000],
    ['a minute without SOA', [], 60_000],
    ['a minute with the SOA of another zone', [soa('example.com', 5)], 60_000],
    ['a minute with one that only looks like a parent', [soa('ample.org', 5)], 60_000],
  ] as [string, Answer[], number][])('holds for %s', (_, authorities, ttl) => {
    expect(read({ rcode: 3, authorities })).toEqual({ kind: 'none', code: 'ENOTFOUND', ttl })
    expect(read({ authorities })).toEqual({ kind: 'none', code: 'ENODATA', ttl })
  })

  it('is not what a referral says', () => {
    expect(read({ authorities: [ns('org')] })).toEqual({ kind: 'failed', code: 'ESERVFAIL' })
    expect(read({ authorities: [ns('org')], flags: AUTHORITATIVE_ANSWER })).toMatchObject({ kind: 'none', code: 'ENODATA' })
    expect(read({ authorities: [ns('org'), soa('org', 5)] })).toMatchObject({ kind: 'none', code: 'ENODATA' })
  })
})

it.each([
  [1, 'ESERVFAIL'],
  [2, 'ESERVFAIL'],
  [4, 'ESERVFAIL'],
  [5, 'EREFUSED'],
  [9, 'ESERVFAIL'],
])('response code %i is %s, whatever else is in the packet', (rcode, code) => {
  expect(read({ rcode, answers: [a('example.org', '192.0.2.1')] })).toEqual({ kind: 'failed', code })
})

it('copies share nothing', () => {
  const records = [['a', 'b'], { exchange: 'x', priority: 1 }, 'c']
  const copy = copyRecords(records)
  expect(copy).toEqual(records)
  ;(copy[0] as string[]).push('more')
  Object.assign(copy[1] as object, { priority: 9 })
  copy.reverse()
  expect(records).toEqual([['a', 'b'], { exchange: 'x', priority: 1 }, 'c'])
})

it('sizes grow with what is in them', () => {
  expect(sizeOf([['x'.repeat(1_000), 'y'.repeat(1_000)]])).toBeGreaterThan(2_000)
  expect(sizeOf([{ exchange: 'x'.repeat(200), priority: 1 }])).toBeGreaterThan(200)
})
