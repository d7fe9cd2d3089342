/** The handshake behind STARTTLS: who fails it, who leaves in it, and who can't be secured. What is said is in test/dialogs. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket, connect as tcpConnect } from 'node:net'
import { Duplex } from 'node:stream'
import { connect } from 'node:tls'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { readCertificate } from '../../../../src/listeners/smtp/certificate.ts'
import { handshakeTime, startHandshake } from '../../../../src/listeners/smtp/handshake.ts'
import { type Peer, peer, settled, withListener } from '../../../contract/listeners/peer.ts'
import { testCertificate } from '../../../support/certificate.ts'
import { lineReader } from '../../../support/dialog.ts'
import { skipWithout } from '../../../support/services.ts'

const missing = skipWithout('openssl')
const ready = '220 2.0.0 Ready for TLS'

async function atHandshake(listener: { readonly port: number | null }): Promise<Peer> {
  const client = await peer(listener)
  expect(await client.say('STARTTLS')).toEqual([ready])
  return client
}

describe.skipIf(missing !== null)('a handshake that fails', () => {
  const ways: Record<string, (client: Peer) => void> = {
    'nonsense instead of it': client => client.send('EHLO client.example\r\n'),
    'the client leaves': ({ socket }) => void socket.destroy(),
    'the client resets': ({ socket }) => void socket.resetAndDestroy(),
    'the client half-closes': ({ socket }) => void socket.end(),
    'TLS 1.1': ({ socket }) => {
      socket.removeAllListeners('data')
      const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
      connect({ socket, rejectUnauthorized: false, ...old }).on('error', () => undefined)
    },
  }
  test.each(Object.keys(ways))('%s: is logged with the client and costs an error', way =>
    withListener({ tls: 'offered', errors: 1 }, async open => {
      const client = await atHandshake(open.listener)
      ways[way]!(client)
      await settled(open)
      expect(open.site.logged).toEqual([
        {
          level: 'info',
          text: 'TLS handshake failed',
          fields: expect.objectContaining({ client: '127.0.0.1', failure: expect.stringMatching(/./) }),
        },
      ])
      const next = await peer(open.listener)
      expect(await next.say('NONSENSE')).toEqual(['421 4.7.0 Too many errors, try again later'])
    }),
  )

  test('costs a trusted peer nothing, nor others of its network', () =>
    withListener({ tls: 'offered', errors: 1, trusted: '192.0.2.7', 'proxy-protocol': '127.0.0.1' }, async open => {
      const from = async (address: string) => {
        const socket = tcpConnect(open.listener.port!, '127.0.0.1').on('error', () => undefined)
        socket.write(`PROXY TCP4 ${address} 198.51.100.1 50000 25\r\n`)
        const reader = lineReader(socket)
        await reader.next()
        return { socket, reader }
      }
      const { socket, reader } = await from('192.0.2.7')
      socket.write('STARTTLS\r\n')
      expect(await reader.next()).toBe(ready)
      socket.destroy()
      await settled(open)
      const other = await from('192.0.2.8')
      other.socket.write('NONSENSE\r\nNONSENSE\r\n')
      expect(await other.reader.next()).toBe('500 5.5.2 Command not recognized')
      expect(await other.reader.next()).toBe('421 4.7.0 Too many errors, try again later')
    }))
})

describe.skipIf(missing !== null)('a handshake that is waited for', () => {
  test('does not keep the server from stopping, and nothing is said in the clear', () =>
    withListener({ tls: 'offered' }, async ({ listener, site }) => {
      const client = await atHandshake(listener)
      await listener.close(60_000)
      expect(await client.next()).toBe('(closed)')
      expect(site.logged).toEqual([])
    }))

  afterEach(() => void vi.useRealTimers())
  test('has 30 seconds', async () => {
    const { context } = await readCertificate(testCertificate())
    const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const accepted = once(server, 'connection') as Promise<[Socket]>
    const client = tcpConnect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined)
    const [below] = await accepted
    below.on('error', () => undefined)
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const outcomes: (string | null)[] = []
    const socket = startHandshake(below, context, outcome => void outcomes.push(outcome))
    vi.advanceTimersByTime(handshakeTime - 1)
    expect(socket.destroyed).toBe(false)
    vi.advanceTimersByTime(1)
    expect(socket.destroyed).toBe(true)
    await once(socket, 'close')
    expect(outcomes).toEqual(['no handshake within 30 s'])
    client.destroy()
    server.close()
  })
})

test.skipIf(missing !== null)('what the handshake agreed on is in the log at debug, and a client told of in the clear is forgotten', () =>
  withListener({ tls: 'offered', trusted: '127.0.0.1' }, async ({ listener, site }) => {
    const { say, socket } = await peer(listener)
    expect(await say('XFORWARD ADDR=192.0.2.66', 'STARTTLS')).toEqual(['250 2.0.0 Ok', ready])
    socket.removeAllListeners('data')
    const secure = connect({ socket, rejectUnauthorized: false })
    await once(secure, 'secureConnect')
    await expect
      .poll(() => site.logged)
      .toEqual([
        {
          level: 'debug',
          text: 'TLS handshake done',
          fields: expect.objectContaining({ client: '127.0.0.1', version: 'TLSv1.3', cipher: expect.stringContaining('TLS_') }),
        },
      ])
    secure.destroy()
  }),
)

test.skipIf(missing !== null)('what comes in one breath with the end of the handshake is not lost', () =>
  withListener({ tls: 'offered' }, async ({ listener }) => {
    const { socket } = await atHandshake(listener)
    socket.removeAllListeners('data')
    const secure = connect({ socket, rejectUnauthorized: false })
    secure.write('HELO client.example\r\nQUIT\r\n')
    const reader = lineReader(secure)
    expect([await reader.next(), await reader.next(), await reader.next()]).toEqual([
      '250 mx.in.test',
      '221 2.0.0 Closing connection',
      '(closed)',
    ])
  }),
)

test.skipIf(missing !== null)('octets in the clear behind the handshake end the connection', () =>
  withListener({ tls: 'offered' }, async open => {
    const { socket } = await atHandshake(open.listener)
    socket.removeAllListeners('data')
    // TLS goes through a pair of its own, so that the socket below stays ours to write to.
    const inner = new Duplex({ read: () => undefined, write: (chunk: Buffer, _, next) => void socket.write(chunk, next) })
    socket.on('data', (text: string) => inner.push(text, 'latin1'))
    const secure = connect({ socket: inner, rejectUnauthorized: false }).on('error', () => undefined)
    await once(secure, 'secureConnect')
    const reader = lineReader(secure)
    secure.write('HELO client.example\r\nMAIL FROM:<writer@example.org>\r\n')
    expect([await reader.next(), await reader.next()]).toEqual(['250 mx.in.test', '250 2.1.0 Sender ok'])
    socket.write('RCPT TO:<incoming+GoodKey@in.test>\r\n')
    await settled(open)
    secure.destroy()
  }),
)

test.skipIf(missing !== null)('a client that has said all and closes its side still hears the answers', () =>
  withListener({ tls: 'offered' }, async ({ listener }) => {
    const { socket } = await atHandshake(listener)
    socket.removeAllListeners('data')
    const secure = connect({ socket, rejectUnauthorized: false })
    await once(secure, 'secureConnect')
    secure.end('HELO client.example\r\nMAIL FROM:<writer@example.org>\r\nRCPT TO:<incoming+SlowGoodKey@in.test>\r\n')
    const reader = lineReader(secure)
    expect([await reader.next(), await reader.next(), await reader.next()]).toEqual([
      '250 mx.in.test',
      '250 2.1.0 Sender ok',
      '250 2.1.5 Recipient ok',
    ])
  }),
)
