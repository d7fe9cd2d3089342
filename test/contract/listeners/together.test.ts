/** How answers leave: those to commands that came together in one write, others at once. */
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { message, peer, withListener } from './peer.ts'
import { until } from './until.ts'

test('answers to commands that came together come together (RFC 2920)', () =>
  withListener({}, async ({ listener }) => {
    const client = await peer(listener)
    await client.say('EHLO client.example')
    const pieces: string[] = []
    client.socket.on('data', piece => pieces.push(String(piece)))
    client.send('MAIL FROM:<writer@example.org>\r\nRCPT TO:<incoming+GoodKey@in.test>\r\nDATA\r\n')
    await until(() => pieces.join('').includes('354 '))
    expect(pieces).toEqual([expect.stringMatching(/^250 2\.1\.0 .*\r\n250 2\.1\.5 .*\r\n354 .*\r\n$/)])
    client.send(message)
    await until(() => pieces.length > 1)
    expect(pieces[1]).toMatch(/^250 2\.6\.0 .*\r\n$/)
  }))

test('an answer does not wait for a slow one behind it', () =>
  withListener({}, async ({ listener }) => {
    const client = await peer(listener)
    await client.say('EHLO client.example')
    const pieces: string[] = []
    client.socket.on('data', piece => pieces.push(String(piece)))
    client.send('MAIL FROM:<writer@example.org>\r\nRCPT TO:<incoming+SlowGoodKey@in.test>\r\n')
    await until(() => pieces.join('').includes('2.1.5'))
    expect(pieces.map(piece => piece.slice(0, 9))).toEqual(['250 2.1.0', '250 2.1.5'])
  }))

test('the last answer comes before the connection ends', () =>
  withListener({}, async ({ listener }) => {
    const client = await peer(listener)
    client.send('NOOP\r\nQUIT\r\n')
    const ended = once(client.socket, 'end')
    expect([await client.next(), await client.next()]).toEqual([expect.stringMatching(/^250 /), expect.stringMatching(/^221 /)])
    await ended
    client.socket.end()
    await until(() => listener.connections === 0)
  }))
