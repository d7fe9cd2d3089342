import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestListener } from '../../support/dialog.ts'
import { message, peer, settled, toData, withListener } from './peer.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postern-'))
})
afterAll(() => rm(folder, { recursive: true }))

const lmtp = { listener: 'lmtp', trusted: '' }
const toDataOverLmtp = toData.map(command => command.replace('EHLO', 'LHLO'))

describe('a UNIX socket', () => {
  test('takes mail from whoever may open it, with the mode that was asked for', async () => {
    const at = { path: join(folder, 'lmtp'), mode: 0o620 }
    await withListener(
      lmtp,
      async open => {
        expect((await stat(at.path)).mode & 0o777).toBe(0o620)
        expect(open.listener).toMatchObject({ address: at.path, port: null })
        const client = await peer(at)
        await client.say('LHLO relay.example', 'XFORWARD ADDR=192.0.2.1 NAME=mail.example.org')
        await client.say(...toDataOverLmtp.slice(1))
        client.send(message)
        expect(await client.next()).toMatch(/^250 /)
        await client.say(...toDataOverLmtp.slice(1))
        client.send(message.replace('hello', 'other'))
        expect(await client.next()).toMatch(/^250 /)
        client.socket.destroy()
        await settled(open)
        expect(open.site.spool.kept.map(kept => kept.message.client.address)).toEqual(['192.0.2.1', null])
        expect(open.site.rows.map(row => row.client)).toEqual(['192.0.2.1', null])
      },
      { at },
    )
    await expect(stat(at.path)).rejects.toThrow('ENOENT')
  })

  test('takes the place of one that a killed server left behind', async () => {
    const path = join(folder, 'stale')
    const { execFileSync } = await import('node:child_process')
    const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
    expect(() => execFileSync(process.execPath, ['-e', script], { stdio: 'ignore' })).toThrow()
    expect((await stat(path)).isSocket()).toBe(true)
    await withListener(lmtp, async () => void (await peer({ path })).socket.destroy(), { at: { path, mode: 0o600 } })
  })

  test('leaves a server that lives alone', async () => {
    const path = join(folder, 'live')
    const server = createServer(socket => socket.on('error', () => undefined)).listen(path)
    await new Promise(resolve => server.once('listening', resolve))
    await expect(openTestListener(new Map(Object.entries(lmtp)), { at: { path, mode: 0o600 } })).rejects.toThrow('EADDRINUSE')
    expect((await stat(path)).isSocket()).toBe(true)
    server.close()
  })

  test('leaves a file that is no socket alone', async () => {
    const path = join(folder, 'file')
    await writeFile(path, 'precious')
    await expect(openTestListener(new Map(Object.entries(lmtp)), { at: { path, mode: 0o600 } })).rejects.toThrow('EADDRINUSE')
    expect((await stat(path)).size).toBe(8)
  })
})

test('a port that is taken is an error', () =>
  withListener({}, async ({ listener }) => {
    await expect(openTestListener(new Map(), { at: { host: '127.0.0.1', port: listener.port! } })).rejects.toThrow('EADDRINUSE')
  }))

test('an IPv4 client of a listener on all addresses is known by its IPv4 address', () =>
  withListener(
    {},
    async open => {
      const client = await peer(open.listener)
      await client.say(...toData.slice(0, 2), 'QUIT')
      client.socket.destroy()
      await settled(open)
      expect(open.site.rows.map(row => row.client)).toEqual(['127.0.0.1'])
      expect(open.listener.address).toBe(`[::]:${open.listener.port}`)
    },
    { at: { host: '::', port: 0 } },
  ))
