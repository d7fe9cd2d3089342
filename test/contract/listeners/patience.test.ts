/** What we make a client wait for is not held against it. */
import { expect, test } from 'vitest'
import { message, peer, settled, toData, withListener } from './peer.ts'

const wait = (milliseconds: number) => new Promise<void>(resolve => setTimeout(resolve, milliseconds))

test('a spool that takes its time with a commit: no idle time-out, no transaction time', () =>
  withListener({ 'idle-time': 1_500, 'transaction-time': 1_500 }, async open => {
    open.site.spool.gate = wait(3_000)
    const client = await peer(open.listener)
    await client.say(...toData)
    client.send(message)
    expect(await client.next()).toMatch(/^250 /)
    // The time it waited for us is over: its own begins anew.
    expect(await client.say('NOOP')).toEqual(['250 2.0.0 Ok'])
    client.socket.destroy()
    await settled(open)
  }))

test('a spool that takes its time with the data: no minimum rate', () =>
  withListener({ 'minimum-rate': 1_000, 'rate-grace': 2_000 }, async open => {
    const { open: openSink } = open.site.spool
    open.site.spool.open = () => {
      const sink = openSink()
      return { ...sink, write: chunk => wait(2_700).then(() => sink.write(chunk)) }
    }
    const client = await peer(open.listener)
    await client.say(...toData)
    client.send('From: a@example.org\r\n')
    await wait(3_200)
    client.send('\r\nhello\r\n.\r\n')
    expect(await client.next()).toMatch(/^250 /)
    client.socket.destroy()
    await settled(open)
  }))
