import { connect } from 'node:net'
import { describe, expect, test } from 'vitest'
import { message, peer, settled, toData, withListener } from './peer.ts'
import { until } from './until.ts'

const goodbye = '421 4.3.2 Server shutting down, try again in a minute'

describe('draining', () => {
  test('an idle connection is ended at once, a new one is not taken', () =>
    withListener({}, async ({ listener }) => {
      const idle = await peer(listener)
      const greeted = await peer(listener)
      await greeted.say('EHLO client.example')
      const closed = listener.close(60_000)
      expect([await idle.next(), await idle.next()]).toEqual([goodbye, '(closed)'])
      expect([await greeted.next(), await greeted.next()]).toEqual([goodbye, '(closed)'])
      idle.socket.end()
      greeted.socket.end()
      await closed
      const late = connect(listener.port!, '127.0.0.1')
      expect(await new Promise(resolve => late.once('error', error => resolve('code' in error && error.code)))).toBe('ECONNREFUSED')
    }))

  test.each([2, 3, 4])('a transaction that is open (%i commands in) ends, then the connection', steps =>
    withListener({}, async ({ site, listener }) => {
      const client = await peer(listener)
      await client.say(...toData.slice(0, steps))
      const closed = listener.close(60_000)
      await client.say(...toData.slice(steps))
      client.send(message)
      expect(await client.next()).toMatch(/^250 2\.6\.0 /)
      expect([await client.next(), await client.next()]).toEqual([goodbye, '(closed)'])
      client.socket.end()
      await closed
      expect(site.spool.kept).toHaveLength(1)
    }),
  )

  test('a transaction that its client gives up ends the connection too', () =>
    withListener({}, async ({ listener }) => {
      const client = await peer(listener)
      await client.say(...toData.slice(0, 2))
      void listener.close(60_000)
      expect(await client.say('RSET')).toEqual(['250 2.0.0 Transaction reset'])
      expect(await client.next()).toBe(goodbye)
    }))

  test('an answer under way is given first', () =>
    withListener({}, async ({ site, listener }) => {
      const gate = Promise.withResolvers<void>()
      site.spool.gate = gate.promise
      const client = await peer(listener)
      await client.say(...toData)
      client.send(message)
      await until(() => site.spool.opened === 1)
      void listener.close(60_000)
      gate.resolve()
      expect(await client.next()).toMatch(/^250 2\.6\.0 /)
      expect(await client.next()).toBe(goodbye)
    }))

  test('what is left at the deadline is cut, and leaves a trace', () =>
    withListener({}, async open => {
      const client = await peer(open.listener)
      await client.say(...toData)
      client.send('From: a@example.org\r\n')
      await open.listener.close(50)
      expect([await client.next(), await client.next()]).toEqual([goodbye, '(closed)'])
      await settled(open)
      expect(open.site.spool.kept).toHaveLength(0)
      expect(open.site.rows).toMatchObject([{ reply: goodbye, verdict: 'defer', message: null }])
    }))

  test('a message that the spool is writing at the deadline is traced as what became of it', () =>
    withListener({}, async open => {
      const gate = Promise.withResolvers<void>()
      open.site.spool.gate = gate.promise
      const client = await peer(open.listener)
      await client.say(...toData)
      client.send(message)
      await until(() => open.site.spool.opened === 1)
      await open.listener.close(0)
      gate.resolve()
      await settled(open)
      expect(open.site.rows).toHaveLength(1)
      expect(open.site.rows[0]).toMatchObject({ verdict: 'accept', message: open.site.spool.kept[0]!.message.id })
    }))

  test('a second time, with less patience', () =>
    withListener({}, async ({ listener }) => {
      const client = await peer(listener)
      await client.say(...toData)
      const first = listener.close(60_000)
      await listener.close(0)
      await first
      expect(await client.next()).toBe(goodbye)
    }))
})
