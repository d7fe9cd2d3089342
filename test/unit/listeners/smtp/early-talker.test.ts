/** The silence before the greeting: who waits in it is counted, who leaves in it leaves nothing. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { peer, settled, withListener } from '../../../contract/listeners/peer.ts'
import { until } from '../../../contract/listeners/until.ts'
import { lineReader } from '../../../support/dialog.ts'

const arrive = async ({ port }: { readonly port: number | null }) => {
  const socket = connect(port!, '127.0.0.1').on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

test('the greeting comes after it, once a connection', () =>
  withListener({ 'early-talker': 150 }, async ({ listener }) => {
    const start = performance.now()
    const client = await peer(listener)
    expect(performance.now() - start).toBeGreaterThan(145)
    // Were there a silence before each reply, these would take 15 s.
    const greeted = performance.now()
    expect(await client.say('HELO client.example', 'NOOP')).toEqual(['250 mx.in.test', '250 2.0.0 Ok'])
    await client.say(...Array<string>(98).fill('NOOP'))
    expect(performance.now() - greeted).toBeLessThan(7_500)
    client.socket.destroy()
  }))

test('those who wait are counted', () =>
  withListener({ 'early-talker': 60_000, 'connections-per-network': 1 }, async open => {
    await arrive(open.listener)
    await until(() => open.listener.connections === 1)
    expect(await lineReader(await arrive(open.listener)).next()).toMatch(/^421 4\.7\.0 Too many connections from your network/)
  }))

test.each(['destroy', 'resetAndDestroy', 'end'] as const)('who leaves in it leaves nothing: %s', way =>
  withListener({ 'early-talker': 60_000, 'connections-per-network': 1 }, async open => {
    const client = await arrive(open.listener)
    await until(() => open.listener.connections === 1)
    client[way]()
    await settled(open)
    expect([open.site.rows, open.site.logged]).toEqual([[], []])
    await arrive(open.listener)
    await until(() => open.listener.connections === 1)
  }),
)

test('who speaks in it is traced once and charged with an error', () =>
  withListener({ 'early-talker': 2_000, errors: 1 }, async open => {
    for (let i = 0; i < 2; i++) {
      const client = await arrive(open.listener)
      client.write('EHLO client.example\r\n')
      expect(await lineReader(client).next()).toBe('554 5.5.0 You spoke before the greeting')
    }
    await settled(open)
    expect(open.site.rows.map(({ reason, verdict, client }) => [reason, verdict, client])).toEqual(
      Array(2).fill(['connection.early-talker', 'reject', '127.0.0.1']),
    )
    const next = await peer(open.listener)
    expect(await next.say('NONSENSE')).toEqual(['421 4.7.0 Too many errors, try again later'])
  }))

test('it does not keep the server from stopping', () =>
  withListener({ 'early-talker': 60_000 }, async ({ listener }) => {
    const reader = lineReader(await arrive(listener))
    await until(() => listener.connections === 1)
    await listener.close(60_000)
    expect(await reader.next()).toMatch(/^421 4\.3\.2 /)
  }))
