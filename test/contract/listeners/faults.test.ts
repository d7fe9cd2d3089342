import { describe, expect, test } from 'vitest'
import type { BodySink } from '../../../src/transaction/ports.ts'
import { testSite } from '../../support/site.ts'
import { message, peer, toData, withListener } from './peer.ts'
import { until } from './until.ts'

const secret = 'secret detail of a bug'
const fail = (): never => {
  throw new Error(secret)
}
const good: BodySink = {
  write: () => undefined,
  commit: async ({ deliveries }) => ({ deliveries: deliveries.map((_, i) => ({ kind: 'new', id: i })) }),
  read: () => [],
  abort: () => undefined,
}

/** Parts of the spool that misbehave, each in one way, and the reply that a whole message gets. */
const sinks: Record<string, Partial<BodySink>> = {
  'write throws': { write: fail },
  'write rejects': { write: () => Promise.reject(new Error(secret)) },
  'write rejects with nothing': { write: () => Promise.reject(null) },
  'commit throws': { commit: fail },
  'commit rejects': { commit: () => Promise.reject(new Error(secret)) },
  'commit answers nonsense': { commit: async () => ({}) as never },
  'write and abort throw': { write: fail, abort: fail },
  'commit and abort throw': { commit: fail, abort: fail },
}

describe('a spool whose', () => {
  for (const [what, broken] of Object.entries(sinks)) {
    test.each(['smtp', 'lmtp'])(`${what} is 451 without a detail, and the session goes on: %s`, listener =>
      withListener({ listener }, async ({ site, listener: { port } }) => {
        let failing = true
        site.spool.open = () => (failing ? { ...good, ...broken } : good)
        const client = await peer({ port })
        const [hello, ...rest] = toData
        await client.say(listener === 'lmtp' ? hello.replace('EHLO', 'LHLO') : hello, ...rest)
        client.send(message)
        expect(await client.next()).toMatch(/^451 4\.3\.0 Temporary failure, try again later [0-9a-z]{16}$/)
        failing = false
        await client.say(...rest)
        client.send(message)
        expect(await client.next()).toMatch(/^250 /)
        client.socket.destroy()
        await until(() => site.rows.length === 2)
        expect(site.rows).toMatchObject([{ verdict: 'defer', reason: 'internal.error', message: null }, { verdict: 'accept' }])
        expect(site.logged.some(line => line.level === 'error')).toBe(true)
      }),
    )
  }

  test('abort throws when the client leaves: the others are served', () =>
    withListener({}, async ({ site, listener }) => {
      site.spool.open = () => ({ ...good, abort: fail })
      const client = await peer(listener)
      await client.say(...toData)
      client.send('From: a@example.org\r\n')
      client.socket.resetAndDestroy()
      await until(() => listener.connections === 0)
      expect(site.rows).toHaveLength(1)
    }))

  test('open fails unexpectedly', () =>
    withListener({}, async ({ site, listener }) => {
      site.spool.open = fail
      const client = await peer(listener)
      expect((await client.say(...toData)).at(-1)).toMatch(/^451 4\.3\.0 Temporary failure, try again later [0-9a-z]{16}$/)
      client.socket.destroy()
      expect(site.rows).toMatchObject([{ verdict: 'defer', reason: 'internal.error' }])
    }))
})

test('what goes wrong behind the commit does not take the 250 back', () =>
  withListener(
    {},
    async ({ site, listener }) => {
      const mailbox = site.mailboxes.get('incoming')!
      const route = { ...mailbox.routes[0]!, destinations: [{ processor: 'app', settled: 'queued' as const }] }
      ;(site.mailboxes as Map<string, typeof mailbox>).set('incoming', { ...mailbox, routes: [route] })
      const client = await peer(listener)
      await client.say(...toData)
      client.send(message)
      expect(await client.next()).toMatch(/^250 /)
      client.socket.destroy()
      expect(site.logged.map(line => line.text)).toContain('message kept; what follows went wrong')
    },
    { more: { notify: fail } },
  ))

test('a trace that throws costs neither the message nor the session', () =>
  withListener(
    {},
    async ({ site, listener }) => {
      const client = await peer(listener)
      await client.say(...toData)
      client.send(message)
      expect(await client.next()).toMatch(/^250 /)
      expect((await client.say(...toData.slice(1))).at(-1)).toMatch(/^354/)
      client.socket.destroy()
      await until(() => listener.connections === 0)
      expect(site.spool.kept).toHaveLength(1)
    },
    { more: { trace: { record: fail } } },
  ))

test('an error at MAIL is 451 and leaves no transaction open', () => {
  let failing = true
  const { spoolStatus } = testSite()
  return withListener(
    {},
    async ({ site, listener }) => {
      const client = await peer(listener)
      const [, refused] = await client.say(...toData.slice(0, 2))
      expect(refused).toMatch(/^451 4\.3\.0 Temporary failure, try again later [0-9a-z]{16}$/)
      failing = false
      expect((await client.say(...toData.slice(1))).at(-1)).toMatch(/^354/)
      client.socket.destroy()
      expect(site.rows).toMatchObject([{ reason: 'internal.error', verdict: 'defer' }])
    },
    { more: { spoolStatus: () => (failing ? fail() : spoolStatus()) } },
  )
})
