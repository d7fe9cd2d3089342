/** A balancer's connection until it is known whose it is: what is counted, traced, and for how long it is waited for. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { awaitProxyHeader, headerTime, type Introduction } from '../../../../src/listeners/smtp/proxied.ts'
import { settled, withListener } from '../../../contract/listeners/peer.ts'
import { until } from '../../../contract/listeners/until.ts'
import { lineReader, type TestListener } from '../../../support/dialog.ts'

const header = 'PROXY TCP4 192.0.2.7 198.51.100.1 50000 25\r\n'
const behind = { 'proxy-protocol': '127.0.0.1' }

const arrive = async ({ listener }: TestListener): Promise<Socket> => {
  const socket = connect(listener.port!, '127.0.0.1').on('error', () => undefined)
  await once(socket, 'connect')
  return socket.setNoDelay(true)
}
const pause = () => new Promise(resolve => setTimeout(resolve, 3))

test('a header that comes octet by octet, and what is behind it', () =>
  withListener(behind, async open => {
    const socket = await arrive(open)
    const reader = lineReader(socket)
    for (const octet of `${header}QUIT\r\n`) {
      socket.write(octet)
      await pause()
    }
    expect([await reader.next(), await reader.next()]).toEqual(['220 mx.in.test ESMTP Postern', '221 2.0.0 Closing connection'])
  }))

test('a bad header is traced under the balancer, with what was wrong', () =>
  withListener(behind, async open => {
    const socket = await arrive(open)
    const reader = lineReader(socket)
    socket.write('EHLO client.example\r\n')
    expect(await reader.next()).toBe('(closed)')
    expect(open.site.rows).toMatchObject([
      { client: '127.0.0.1', reason: 'connection.proxy', decisions: [{ stage: 'connect', detail: 'no PROXY header' }] },
    ])
  }))

test.each(['destroy', 'resetAndDestroy', 'end'] as const)('who leaves before the header leaves nothing: %s', way =>
  withListener(behind, async open => {
    const socket = await arrive(open)
    socket.write('PROXY')
    await pause()
    socket[way]()
    await once(socket, 'close')
    await settled(open)
    expect([open.site.rows, open.site.logged]).toEqual([[], []])
  }),
)

test('refusals are traced under the client, and a client is counted out', () =>
  withListener({ ...behind, 'connections-per-network': 1 }, async open => {
    const [first, second] = [await arrive(open), await arrive(open)]
    first.write(header)
    await until(() => open.listener.connections === 1)
    second.write(header)
    expect(await lineReader(second).next()).toMatch(/^421 4\.7\.0 /)
    expect(open.site.rows).toMatchObject([{ client: '192.0.2.7', reason: 'connection.network-limit' }])
    first.destroy()
    await settled(open)
    const third = await arrive(open)
    third.write(header)
    expect(await lineReader(third).next()).toMatch(/^220 /)
  }))

test('LMTP takes the clients that are trusted by their own address, and no others', () =>
  withListener({ ...behind, listener: 'lmtp', trusted: '192.0.2.7 127.0.0.1' }, async open => {
    for (const [address, said] of [
      ['192.0.2.7', /^220 /],
      ['192.0.2.8', /^421 4\.7\.1 /],
    ] as const) {
      const socket = await arrive(open)
      socket.write(header.replace('192.0.2.7', address))
      expect(await lineReader(socket).next()).toMatch(said)
      socket.destroy()
    }
  }))

test('a header that is waited for does not keep the server from stopping', () =>
  withListener(behind, async open => {
    const reader = lineReader(await arrive(open))
    await pause()
    const start = performance.now()
    await open.listener.close(60_000)
    expect(performance.now() - start).toBeLessThan(headerTime / 2)
    expect(await reader.next()).toBe('(closed)')
  }))

/** A socket as the listener gets it, and the client's end. */
async function pair() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const accepted = once(server, 'connection') as Promise<[Socket]>
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const [socket] = await accepted
  server.close()
  return { socket, client }
}

afterEach(() => void vi.useRealTimers())
test('the whole header has five seconds, octets now and then or not', async () => {
  const { socket, client } = await pair()
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const heard: Introduction[] = []
  awaitProxyHeader(socket, introduction => void heard.push(introduction))
  vi.advanceTimersByTime(headerTime - 1)
  client.write('PROXY')
  await once(socket, 'readable')
  expect(heard).toEqual([])
  vi.advanceTimersByTime(1)
  expect(heard).toEqual([{ kind: 'bad', problem: 'no whole PROXY header within 5 s' }])
  client.destroy()
})

test('behind the header nobody looks at the clock, or at the socket', async () => {
  const { socket, client } = await pair()
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const heard: Introduction[] = []
  awaitProxyHeader(socket, introduction => void heard.push(introduction))
  client.write(header)
  await once(socket, 'readable')
  vi.advanceTimersByTime(2 * headerTime)
  socket.destroy()
  await once(socket, 'close')
  expect(heard).toEqual([{ kind: 'introduced', client: '192.0.2.7' }])
  client.destroy()
})
