/** Each limit of the listener on both sides. Those of a dialog alone stand in test/dialogs. */
import { describe, expect, test } from 'vitest'
import { type Peer, peer, settled, toData, withListener } from './peer.ts'
import { until } from './until.ts'

const header = 'From: a@example.org\r\n\r\n'
/** A message of so many octets, as it is sent. */
const ofSize = (octets: number): string => `${header}${'x'.repeat(octets - header.length - 2)}\r\n.\r\n`
const sent = async (client: Peer, text: string): Promise<string> => {
  client.send(text)
  return client.next()
}

describe('limits.message-size, 10,000 octets here', () => {
  test.each([
    [10_000, /^250 /, 1],
    [10_001, /^552 5\.3\.4 /, 0],
  ])('a message of %i octets from an origin peer', (octets, reply, kept) =>
    withListener({}, async open => {
      const client = await peer(open.listener)
      await client.say(...toData)
      expect(await sent(client, ofSize(octets))).toMatch(reply)
      client.socket.destroy()
      await settled(open)
      expect(open.site.spool.kept).toHaveLength(kept)
    }),
  )

  test.each([
    [10_000, 'delivered', false, null],
    [10_001, 'discarded', true, 'message.too-large'],
    [200_000, 'discarded', true, 'message.too-large'],
  ])('a message of %i octets from a relay peer is %s', (octets, state, truncated, reason) =>
    withListener({ peer: 'relay' }, async open => {
      const client = await peer(open.listener)
      await client.say(...toData)
      expect(await sent(client, ofSize(octets))).toMatch(/^250 /)
      client.socket.destroy()
      await settled(open)
      const [kept] = open.site.spool.kept
      expect(kept!.message).toMatchObject({ truncated, deliveries: [{ state, reason }] })
      expect(kept!.body.toString()).toBe(ofSize(octets).slice(0, Math.min(octets, 10_000)))
    }),
  )

  test('transparency dots do not count', () =>
    withListener({}, async open => {
      const client = await peer(open.listener)
      await client.say(...toData)
      const lines = '.\r\n'.repeat((10_000 - header.length - 1) / 3)
      const body = `${header}${lines}`.padEnd(10_000 - 2, 'x')
      expect(await sent(client, `${body.replace(/^\./gm, '..')}\r\n.\r\n`)).toMatch(/^250 /)
      client.socket.destroy()
      await settled(open)
      expect(open.site.spool.kept[0]!.body.toString()).toBe(`${body}\r\n`)
    }))
})

describe('a command line of 4,096 octets, CRLF counted', () => {
  const line = (octets: number) => `NOOP ${'x'.repeat(octets - 7)}\r\n`
  test.each(['in one piece', 'by pieces'])('%s', how =>
    withListener({}, async open => {
      const client = await peer(open.listener)
      const sendLine = async (text: string) => {
        if (how === 'in one piece') return client.send(text)
        for (let at = 0; at < text.length; at += 1_000) {
          client.send(text.slice(at, at + 1_000))
          await new Promise(resolve => setTimeout(resolve, 5))
        }
      }
      await sendLine(line(4_096))
      expect(await client.next()).toBe('250 2.0.0 Ok')
      await sendLine(line(4_097))
      expect([await client.next(), await client.next()]).toEqual(['421 4.5.2 Command line too long', '(closed)'])
      client.socket.destroy()
    }),
  )

  test('one that never ends is not waited for', () =>
    withListener({}, async open => {
      const client = await peer(open.listener)
      client.send('x'.repeat(4_097))
      expect(await client.next()).toBe('421 4.5.2 Command line too long')
      client.socket.destroy()
    }))
})

describe('limits.connections-per-network', () => {
  test('one below, at it, and one above; a place is free again when its client is gone', () =>
    withListener({ 'connections-per-network': 2 }, async open => {
      const first = await peer(open.listener)
      const second = await peer(open.listener)
      expect(open.listener.connections).toBe(2)
      const { connect } = await import('node:net')
      const third = connect(open.listener.port!, '127.0.0.1')
      const said = await new Promise(resolve => third.once('data', chunk => resolve(`${chunk}`)))
      expect(said).toBe('421 4.7.0 Too many connections from your network, try again later\r\n')
      third.destroy()
      second.socket.resetAndDestroy()
      await until(() => open.listener.connections === 1)
      const fourth = await peer(open.listener)
      expect(await fourth.say('NOOP')).toEqual(['250 2.0.0 Ok'])
      for (const client of [first, fourth]) client.socket.destroy()
      expect(open.site.rows).toMatchObject([
        { client: '127.0.0.1', reason: 'connection.network-limit', verdict: 'defer', message: null, recipients: [], sender: null },
      ])
    }))
})

test('the error budget holds across reconnects, and its end is traced', () =>
  withListener({ errors: 3 }, async open => {
    for (const expected of ['500', '500', '500', '421', '421']) {
      const client = await peer(open.listener)
      expect((await client.say('XYZZY'))[0]!.slice(0, 3)).toBe(expected)
      client.socket.destroy()
    }
    expect(open.site.rows.map(row => row.reason)).toEqual(['connection.errors', 'connection.errors'])
  }))

test('a sender that is not understood leaves a trace that its reply names', () =>
  withListener({}, async open => {
    const client = await peer(open.listener)
    const [, reply] = await client.say('EHLO client.example', 'MAIL FROM:<a..b@example.org>')
    client.socket.destroy()
    expect(open.site.rows).toMatchObject([{ reason: 'sender.syntax', verdict: 'reject', reply, helo: 'client.example' }])
    expect(reply).toContain(open.site.rows[0]!.id)
  }))

test('a recipient that is not understood stands in the trace of its transaction', () =>
  withListener({}, async open => {
    const client = await peer(open.listener)
    const replies = await client.say(...toData.slice(0, 2), 'RCPT TO:<>', 'RSET')
    client.socket.destroy()
    expect(open.site.rows).toMatchObject([{ reason: 'recipient.syntax', verdict: 'reject', reply: replies[2] }])
    expect(replies[2]).toContain(open.site.rows[0]!.id)
  }))
