import { describe, expect, test } from 'vitest'
import { message, type Peer, peer, settled, toData, withListener } from './peer.ts'

const relay = { listener: 'lmtp', trusted: '127.0.0.0/8' }
const told = 'XFORWARD NAME=mail.example.org ADDR=192.0.2.1 HELO=helo.example.org IDENT=4d5'
const [, mail, rcpt, data] = toData

const send = async (client: Peer, body: string): Promise<void> => {
  await client.say(mail, rcpt, data)
  client.send(message.replace('hello', body))
  expect(await client.next()).toMatch(/^250 /)
}

/** What can stand between one message and the next on a connection. */
const between: Record<string, (client: Peer) => Promise<unknown>> = {
  'a message that was accepted': client => send(client, 'first'),
  RSET: client => client.say('RSET'),
  'RSET in a transaction': client => client.say(mail, rcpt, 'RSET'),
  LHLO: client => client.say('LHLO relay.example'),
  'a MAIL that is too large': client => client.say(`${mail} SIZE=10001`),
  'a MAIL that is not understood': client => client.say('MAIL FROM:<a..b@example.org>'),
  'a message whose recipients were refused': client => client.say(mail, 'RCPT TO:<nobody@in.test>', 'RSET'),
}

describe('who the client is does not outlast its transaction:', () => {
  for (const [what, act] of Object.entries(between)) {
    test(what, () =>
      withListener(relay, async open => {
        const client = await peer(open.listener)
        await client.say('LHLO relay.example', told)
        await act(client)
        // Postfix says no more than this for mail that it made itself.
        await client.say('XFORWARD SOURCE=LOCAL')
        await send(client, 'second')
        await act(client)
        await send(client, 'third')
        client.socket.destroy()
        await settled(open)
        const bodies = open.site.spool.kept.map(({ message, body }) => [/\r\n\r\n(\w+)/.exec(`${body}`)![1], message.client])
        expect(bodies.filter(([body]) => body !== 'first')).toEqual([
          ['second', { address: null, name: null, helo: null, ident: null }],
          ['third', { address: '127.0.0.1', name: null, helo: 'relay.example', ident: null }],
        ])
      }),
    )
  }
})

test('what was told stands in the message and in the trace', () =>
  withListener(relay, async open => {
    const client = await peer(open.listener)
    await client.say('LHLO relay.example', told)
    await send(client, 'one')
    client.socket.destroy()
    await settled(open)
    const expected = { address: '192.0.2.1', name: 'mail.example.org', helo: 'helo.example.org', ident: '4d5' }
    expect(open.site.spool.kept[0]!.message).toMatchObject({ client: expected, protocol: 'LMTP' })
    expect(open.site.rows).toMatchObject([{ client: '192.0.2.1', helo: 'helo.example.org' }])
  }))

test('a trusted relay that does not tell its client is not charged in its network', () =>
  withListener({ trusted: '127.0.0.2', errors: 1, 'unknown-recipients': 1 }, async open => {
    const { connect } = await import('node:net')
    const relayed = connect({ port: open.listener.port!, host: '127.0.0.1', localAddress: '127.0.0.2' })
    const ended = new Promise(resolve => relayed.once('end', resolve))
    relayed.resume().write(`EHLO relay.example\r\n${mail}\r\n${'RCPT TO:<nobody@in.test>\r\n'.repeat(10)}${'XYZZY\r\n'.repeat(10)}QUIT\r\n`)
    await ended
    relayed.destroy()
    // An untrusted client of the same /24 still has its budget.
    const other = await peer(open.listener)
    expect(await other.say('EHLO client.example', 'XYZZY')).toEqual(['250 ENHANCEDSTATUSCODES', '500 5.5.2 Command not recognized'])
    other.socket.destroy()
  }))
