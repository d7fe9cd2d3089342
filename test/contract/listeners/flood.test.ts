import { once } from 'node:events'
import type { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { peer, settled, toData, withListener } from './peer.ts'
import { until } from './until.ts'

const commands = 100_000

test('a client that sends 100,000 commands and does not read is not read from; it gets every answer when it does', () =>
  withListener({ errors: 1_000_000 }, async open => {
    const warnings: Error[] = []
    const warned = (warning: Error) => void warnings.push(warning)
    process.on('warning', warned)
    const client = await peer(open.listener)
    client.socket.removeAllListeners('data')
    client.socket.pause()
    const piece = `EHLO ${'x'.repeat(200)}\r\n`.repeat(commands / 500)
    let left = 500
    let stalled = false
    while (left > 0 && !stalled) {
      left--
      if (!client.socket.write(piece)) stalled = await silentFor(client.socket, 300)
    }
    expect(left, 'the server stopped reading').toBeGreaterThan(0)
    // Now it reads, by fits and starts, and sends the rest.
    let heard = 0
    let reads = 0
    client.socket.on('data', (text: string) => {
      heard += text.split('250 ENHANCEDSTATUSCODES').length - 1
      if (++reads % 20 !== 0) return
      client.socket.pause()
      setTimeout(() => client.socket.resume(), 1)
    })
    client.socket.resume()
    for (; left > 0; left--) client.socket.write(piece)
    await until(() => heard >= commands - 100)
    process.off('warning', warned)
    expect(warnings).toEqual([])
    client.socket.destroy()
    await settled(open)
  }))

/** Whether the socket takes nothing more within this time. */
const silentFor = (socket: Socket, milliseconds: number): Promise<boolean> =>
  new Promise(resolve => {
    const timer = setTimeout(resolve, milliseconds, true)
    socket.once('drain', () => {
      clearTimeout(timer)
      resolve(false)
    })
  })

test('others are served while one client floods', () =>
  withListener({ errors: 1_000_000 }, async open => {
    const flooder = await peer(open.listener)
    flooder.socket.write('NOOP\r\n'.repeat(commands))
    const other = await peer(open.listener)
    expect((await other.say(...toData)).at(-1)).toMatch(/^354/)
    flooder.socket.destroy()
    other.socket.destroy()
    await settled(open)
  }))

test('a line by the octet: a whole command must come within the idle time', () =>
  withListener({ 'idle-time': 1_000 }, async open => {
    const client = await peer(open.listener)
    const trickle = setInterval(() => client.send('N'), 100)
    const closed = once(client.socket, 'end')
    expect(await client.next()).toBe('421 4.4.2 Idle for too long')
    await closed
    clearInterval(trickle)
    client.socket.destroy()
    await settled(open)
  }))

test('an open transaction does not keep a silent connection', () =>
  withListener({ 'idle-time': 1_500 }, async open => {
    const client = await peer(open.listener)
    await client.say(...toData.slice(0, 3))
    expect(await client.next()).toBe('421 4.4.2 Idle for too long')
    client.socket.destroy()
    await settled(open)
    expect(open.site.rows).toMatchObject([{ reply: '421 4.4.2 Idle for too long', verdict: 'defer' }])
  }))

test('decisions and recipients of one transaction are bounded, and its refusals counted', () =>
  withListener({ 'unknown-recipients': 1_000_000, errors: 1 }, async open => {
    const client = await peer(open.listener)
    await client.say(...toData.slice(0, 2))
    client.send('RCPT TO:<incoming+Expired@in.test>\r\n'.repeat(1_003))
    const replies: string[] = []
    for (let line = await client.next(); line !== '(closed)'; line = await client.next()) replies.push(line)
    expect(replies.filter(line => line.startsWith('550'))).toHaveLength(1_001)
    expect(replies.at(-1)).toBe('421 4.7.0 Too many errors, try again later')
    client.socket.destroy()
    await settled(open)
    expect(open.site.rows).toHaveLength(1)
    expect(open.site.rows[0]!.decisions.length).toBeLessThan(210)
    expect(open.site.rows[0]).toMatchObject({ reason: 'connection.errors', verdict: 'defer' })
  }))
