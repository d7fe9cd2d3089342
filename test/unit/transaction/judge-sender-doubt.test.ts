/** Who is let in where something is not known: checks that are off, a writer without proof, a sender known by hash, a wait in a queue. */
import { describe, expect, test } from 'vitest'
import { createGovernor } from '../../../src/policy/governor/governor.ts'
import type { KeyCheck, KeyQuery } from '../../../src/transaction/ports.ts'
import type { Route } from '../../../src/transaction/site.ts'
import { forged, genuine, unknown } from '../../support/scripted-authenticator.ts'
import { checking, good, plain } from './checking.ts'
import { begin, finish, send } from './core.ts'

const hour = 3_600_000
const noon = Date.UTC(2026, 10, 21, 12)
const from = (hours: number): string => `Received: from a (a [192.0.2.7]) by relay; ${new Date(noon - hours * hour).toUTCString()}\r\n`
const relay = { recipients: [good], peer: 'relay', perRecipient: true } as const

/** Of a key that is bound by a hash to `writer@example.org`, good until `expires`. */
function byHash(queries: KeyQuery[] = [], expires = noon + hour): Partial<Route> {
  const verify = (query: KeyQuery): KeyCheck => {
    queries.push(query)
    if (query.at >= expires) return { kind: 'expired', expired: expires }
    if (query.author === undefined) return { kind: 'valid', claims: { senderHash: true, expires } }
    return { kind: 'valid', claims: { expires, senders: query.author === 'writer@example.org' ? [query.author] : [] } }
  }
  return { verifier: { verify } }
}
const clock = (): number => noon

describe('a key that is bound by a hash', () => {
  test('lets in nobody who is not proved, and its store is not told of him', async () => {
    const queries: KeyQuery[] = []
    const { site } = checking({ message: forged }, { route: byHash(queries), origins: { dmarc: 'report' }, site: { clock } })
    expect((await send(site, { recipients: [good], message: plain })).verdicts).toMatchObject([
      { kind: 'reject', reason: 'authentication.required' },
    ])
    expect(queries.map(({ author }) => author)).toEqual([undefined])
  })

  test('lets in nobody else', async () => {
    const other = (): KeyCheck => ({ kind: 'valid', claims: { senderHash: true } })
    const verify = (query: KeyQuery): KeyCheck => (query.author === undefined ? other() : { kind: 'valid', claims: { senders: [] } })
    const { site } = checking({ message: genuine }, { route: { verifier: { verify } } })
    expect((await send(site, { recipients: [good], message: plain })).verdicts).toMatchObject([
      { kind: 'reject', reason: 'sender.not-bound' },
    ])
  })

  test('and expired in the relay’s queue, is asked as of a time when it was good', async () => {
    const queries: KeyQuery[] = []
    const { site } = checking({ message: genuine }, { route: byHash(queries, noon - hour), site: { clock } })
    const transaction = { ...begin(site, relay), client: { address: '192.0.2.1', name: null, helo: 'h', ident: 'QUEUEID' } }
    const { verdicts } = await finish(site, transaction, { recipients: [good], message: from(2) + plain })
    expect(verdicts).toMatchObject([{ kind: 'accept' }])
    expect(queries.at(-1)).toMatchObject({ author: 'writer@example.org', at: noon - hour - 1 })
    const late = { ...transaction, recipients: [], decisions: [] }
    expect((await finish(site, late, { recipients: [good], message: from(1) + plain })).verdicts).toMatchObject([
      { kind: 'discard', reason: 'key.expired' },
    ])
  })
})

test('one recipient that must wait makes all of a transaction wait, where there is one reply for all', async () => {
  const verify = ({ key, author }: KeyQuery): KeyCheck =>
    author !== undefined && key === 'Other' ? { kind: 'unavailable', cause: 'down' } : { kind: 'valid', claims: bond(author) }
  const bond = (author: string | undefined) => (author === undefined ? { senderHash: true as const } : { senders: [author] })
  const { site } = checking({ message: genuine }, { route: { verifier: { verify } } })
  const { verdicts } = await send(site, { recipients: [good, 'incoming+Other@in.test'], message: plain })
  expect(verdicts.map(({ kind }) => kind)).toEqual(['defer', 'defer'])
  expect(site.spool.kept).toEqual([])
})

describe('where nothing is checked', () => {
  test.each<[string, Partial<Route>]>([
    ['a key that is bound by a hash', byHash()],
    ['a route for authenticated authors', { require: 'authenticated' }],
    ['a route for bound ones', { require: 'bound' }],
  ])('%s lets nobody in: %#', async (_, route) => {
    const off = { route, origins: { authenticator: null }, site: { clock } }
    expect((await send(checking({}, off).site, { recipients: [good], message: plain })).verdicts).toMatchObject([
      { kind: 'reject', reason: 'authentication.required' },
    ])
    expect((await send(checking({}, off).site, { ...relay, message: plain })).verdicts).toMatchObject([
      { kind: 'discard', reason: 'authentication.required' },
    ])
  })

  test('a route that asks for nothing lets everybody in', async () => {
    const off = { route: { ...byHash(), require: 'none' }, origins: { authenticator: null }, site: { clock } } as const
    expect((await send(checking({}, off).site, { recipients: [good], message: plain })).verdicts).toMatchObject([{ kind: 'accept' }])
  })
})

describe('no answer from the DNS', () => {
  test.each([
    ['a relay that has it for an hour: later', { ...relay, message: from(1) + plain }, 'defer'],
    ['one that has it for more than a day: held', { ...relay, message: from(25) + plain }, 'hold'],
    ['an origin peer, whatever its field says: later', { recipients: [good], message: from(25) + plain }, 'defer'],
  ] as const)('%s', async (_, mail, kind) => {
    const { site } = checking({ message: unknown }, { site: { clock } })
    expect((await send(site, mail)).verdicts).toMatchObject([{ kind, reason: 'authentication.unavailable' }])
  })
})

describe('the caps on messages', () => {
  const once = createGovernor({ perKey: 0, perSender: 1, perPair: 0, entries: 10 })
  const caps = { site: { governor: once, clock } }
  const kinds = async (script: Parameters<typeof checking>[0], mail: Partial<Parameters<typeof send>[1]> = {}) =>
    (await send(checking(script, caps).site, { recipients: [good], message: plain, ...mail })).verdicts.map(({ kind }) => kind)

  test('are those of the author who is proved; whoever writes in his name uses up nothing of them', async () => {
    expect(await kinds({}, { sender: 'writer@example.org' })).toEqual(['accept'])
    expect(await kinds({}, { sender: 'writer@example.org' })).toEqual(['hold'])
    expect(await kinds({ message: genuine }, { sender: 'bounces@example.org' })).toEqual(['accept'])
    expect(await kinds({ message: genuine }, { sender: 'other@example.org' })).toEqual(['hold'])
  })

  test('count nothing of what is refused for its sender', async () => {
    const { site } = checking(
      { message: forged },
      { site: { governor: createGovernor({ ...{ perKey: 1, perSender: 0 }, perPair: 0, entries: 10 }) } },
    )
    await send(site, { recipients: [good], message: plain })
    expect(site.governor.take({ mailbox: 'incoming', key: 'GoodKey', sender: '' }, Date.now())).toEqual({ ok: true })
  })
})
