import { describe, expect, test } from 'vitest'
import { message, type Peer, peer, settled, toData, withListener } from './peer.ts'
import { until } from './until.ts'

const ways: Record<string, (client: Peer) => void> = {
  reset: ({ socket }) => void socket.resetAndDestroy(),
  close: ({ socket }) => void socket.destroy(),
  'half-close': ({ socket }) => void socket.end(),
}

/** Where a client leaves, how many transactions were open by then, and whether one was received in full. */
const places: Record<string, { readonly go: (client: Peer) => Promise<unknown>; readonly rows: number; readonly kept?: number }> = {
  'before it greets': { go: async () => undefined, rows: 0 },
  'in a command': { go: async client => client.send('EHLO cli'), rows: 0 },
  'after EHLO': { go: client => client.say(...toData.slice(0, 1)), rows: 0 },
  'after MAIL': { go: client => client.say(...toData.slice(0, 2)), rows: 1 },
  'after RCPT': { go: client => client.say(...toData.slice(0, 3)), rows: 1 },
  'while a key is looked up': {
    go: async client => {
      await client.say(...toData.slice(0, 2))
      client.send('RCPT TO:<incoming+SlowGoodKey@in.test>\r\n')
    },
    rows: 1,
  },
  'after DATA': { go: client => client.say(...toData), rows: 1 },
  'in the message': {
    go: async client => {
      await client.say(...toData)
      client.send(`${message.slice(0, -5)}`)
    },
    rows: 1,
  },
}

describe('a client that leaves', () => {
  for (const [where, { go, rows }] of Object.entries(places)) {
    test.each(Object.keys(ways))(`${where}: %s`, way =>
      withListener({ 'connections-per-network': 1 }, async open => {
        const client = await peer(open.listener)
        await go(client)
        ways[way]!(client)
        await settled(open)
        await until(() => open.site.rows.length >= rows)
        expect(open.site.rows).toHaveLength(rows)
        expect(open.site.rows.every(row => row.message === null)).toBe(true)
        expect(open.site.spool.kept).toHaveLength(0)
        expect(open.site.logged.filter(line => line.level === 'error')).toEqual([])
        // It is counted out: the only place of its network is free.
        const next = await peer(open.listener)
        expect(await next.say('EHLO client.example')).toEqual(['250 ENHANCEDSTATUSCODES'])
        client.socket.destroy()
        next.socket.destroy()
      }),
    )
  }

  test.each(Object.keys(ways))('in the message: the trace does not say that it was accepted: %s', way =>
    withListener({}, async open => {
      const client = await peer(open.listener)
      await client.say(...toData)
      client.send('From: a@example.org\r\n')
      ways[way]!(client)
      await settled(open)
      expect(open.site.rows).toMatchObject([{ verdict: 'defer', recipients: ['incoming+GoodKey@in.test'], message: null }])
    }),
  )

  test.each(Object.keys(ways))('behind the message: it is kept, with one trace: %s', way =>
    withListener({}, async open => {
      const gate = Promise.withResolvers<void>()
      open.site.spool.gate = gate.promise
      const client = await peer(open.listener)
      await client.say(...toData)
      client.send(message)
      await until(() => open.site.spool.opened === 1)
      ways[way]!(client)
      gate.resolve()
      await settled(open)
      expect(open.site.rows).toMatchObject([{ verdict: 'accept', message: open.site.spool.kept[0]!.message.id }])
    }),
  )

  test('while it is slowed down', () =>
    withListener({ 'unknown-recipients': 0 }, async open => {
      const client = await peer(open.listener)
      await client.say(...toData.slice(0, 2))
      client.send('RCPT TO:<incoming+NoSuchKey@in.test>\r\n')
      await until(() => open.site.rows.length === 1)
      client.socket.resetAndDestroy()
      await settled(open)
      expect(open.site.rows).toMatchObject([{ reason: 'connection.harvesting', verdict: 'defer' }])
      // The answer that nobody waits for any more comes due.
      await new Promise(resolve => setTimeout(resolve, 1_100))
      expect(open.site.rows).toHaveLength(1)
    }))
})

test('a client that sends all and closes its side hears every answer', () =>
  withListener({}, async open => {
    const client = await peer(open.listener)
    client.socket.end(`${toData.join('\r\n').replace('GoodKey', 'SlowGoodKey')}\r\n${message}`)
    const heard = [await client.reply(), await client.reply(), await client.reply(), await client.reply(), await client.reply()]
    expect(heard.map(line => line.slice(0, 3))).toEqual(['250', '250', '250', '354', '250'])
    expect(await client.next()).toBe('(closed)')
    await settled(open)
    expect(open.site.spool.kept).toHaveLength(1)
  }))

test('what comes behind QUIT is not read', () =>
  withListener({}, async open => {
    const client = await peer(open.listener)
    client.send(`EHLO client.example\r\nQUIT\r\n${toData.slice(1).join('\r\n')}\r\n${message}`)
    expect([await client.reply(), await client.reply(), await client.next()]).toMatchObject([
      expect.stringMatching(/^250/),
      expect.stringMatching(/^221/),
      '(closed)',
    ])
    client.socket.destroy()
    await settled(open)
    expect(open.site.rows).toEqual([])
  }))
