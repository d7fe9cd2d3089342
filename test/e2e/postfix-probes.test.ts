/**
 * The shipped postfix/probes/ against a small LMTP peer that answers as Postern would: what the file promises, proved on the
 * wire. Postern itself isn't in it: a failure here is the configuration's. All ports are free ones on loopback.
 */
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../support/ports.ts'
import { type Postfix, startPostfix } from '../support/postfix.ts'
import { findProgram, skipWithout } from '../support/services.ts'

interface Peer {
  readonly port: number
  readonly commands: string[]
  readonly messages: string[]
  close(): Promise<void>
}

/** LMTP, enough for Postfix: `good…` is known, `later…` can't be checked, `gone…` is known once only, all else is unknown. */
async function lmtpPeer(): Promise<Peer> {
  const commands: string[] = []
  const messages: string[] = []
  const seen = new Set<string>()
  const sockets = new Set<net.Socket>()
  const rcpt = (line: string) => {
    const address = /<(.*)>/.exec(line)?.[1] ?? ''
    if (address.startsWith('later')) return '451 4.4.3 later'
    if (address.startsWith('gone') && !seen.has(address)) {
      seen.add(address)
      return '250 2.1.5 ok'
    }
    return /^(good|postmaster)/.test(address) ? '250 2.1.5 ok' : '550 5.1.1 unknown'
  }
  const answer = (line: string): string => {
    const verb = line.split(' ')[0]!.toUpperCase()
    if (verb === 'LHLO')
      return '250-peer\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250-XFORWARD NAME ADDR PORT PROTO HELO IDENT SOURCE\r\n250 SIZE 26214400'
    if (verb === 'RCPT') return rcpt(line)
    if (verb === 'DATA') return '354 go'
    return verb === 'QUIT' ? '221 2.0.0 bye' : '250 2.0.0 ok'
  }
  const server = net.createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => {})
    let text = ''
    let inData = false
    socket.write('220 peer LMTP\r\n')
    socket.on('data', chunk => {
      text += chunk.toString('latin1')
      for (;;) {
        const mark = inData ? '\r\n.\r\n' : '\r\n'
        const at = text.indexOf(mark)
        if (at < 0) return
        const unit = text.slice(0, at)
        text = text.slice(at + mark.length)
        if (inData) messages.push(unit)
        else commands.push(unit)
        socket.write(`${inData ? '250 2.6.0 kept' : answer(unit)}\r\n`)
        inData = !inData && unit.toUpperCase() === 'DATA'
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise(resolve => server.close(resolve))
  }
  return { port: (server.address() as net.AddressInfo).port, commands, messages, close }
}

/** Sends each of `lines` and returns the last line of the reply to each; a Buffer or a string with CRLF in it is sent as it is. */
async function talk(port: number, lines: readonly string[]): Promise<string[]> {
  const socket = net.connect(port, '127.0.0.1')
  socket.on('error', () => {})
  let text = ''
  socket.on('data', chunk => {
    text += chunk.toString('latin1')
  })
  const reply = async () => {
    for (let left = 600; left > 0; left--) {
      const whole = /^(?:\d{3}-.*\r\n)*(\d{3} .*)\r\n/.exec(text)
      if (whole) {
        text = text.slice(whole[0].length)
        return whole[1]!
      }
      if (socket.destroyed) return 'closed'
      await sleep(25)
    }
    return 'silence'
  }
  const replies = [await reply()]
  for (const line of lines) {
    socket.write(Buffer.from(line.endsWith('\n') ? line : `${line}\r\n`, 'latin1'))
    replies.push(await reply())
  }
  socket.destroy()
  return replies.slice(1)
}

const until = async (holds: () => boolean | Promise<boolean>) => {
  for (let left = 200; left > 0; left--) {
    if (await holds()) return
    await sleep(50)
  }
  throw new Error('waited 10 s in vain')
}

const missing = skipWithout('postfix')

describe.skipIf(missing !== null)('postfix/probes', () => {
  let folder: string
  let peer: Peer
  let postfix: Postfix
  const open = ['EHLO client.example.net', 'MAIL FROM:<person@example.net>']
  const last = async (...lines: readonly string[]) => (await talk(postfix.smtpPort, [...open, ...lines])).at(-1)

  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'postern-postfix-'))
    peer = await lmtpPeer()
    const settings = { smtpd_authorized_xclient_hosts: '127.0.0.1' }
    postfix = await startPostfix({ folder, smtpPort: await freePort(), lmtpPort: peer.port, settings })
  })
  afterAll(async () => {
    await postfix?.stop()
    await peer?.close()
    if (folder) await rm(folder, { recursive: true, force: true })
  })

  test('a known recipient is accepted and reaches the peer byte for byte, with the true client', async () => {
    const body = `Subject: one\r\nMessage-ID: <1@example.net>\r\n\r\n${'x'.repeat(5_000)}\r\n\xe9 8bit\r\n..dot\r\n`
    const before = ['XCLIENT ADDR=192.0.2.5 NAME=client.example.net', ...open, 'RCPT TO:<good+Key_A=b/c@incoming.example.com>', 'DATA']
    const replies = await talk(postfix.smtpPort, ['EHLO x.example.net', ...before, `${body}.\r\n`])
    expect(replies.at(-1)).toMatch(/^250 2\.0\.0/)
    await until(() => peer.messages.length > 0)
    expect(`${peer.messages[0]}\r\n`.endsWith(body)).toBe(true)
    expect(peer.commands).toContainEqual(expect.stringMatching(/^XFORWARD .*ADDR=192\.0\.2\.5/))
    expect(peer.commands).toContainEqual(expect.stringContaining('RCPT TO:<good+Key_A=b/c@incoming.example.com>'))
  })

  test('an unknown recipient is refused at RCPT by Postfix, with 550 and no word of the next hop', async () => {
    const reply = await last('RCPT TO:<nobody@incoming.example.com>')
    expect(reply).toMatch(/^550 5\.1\.1 .*No such recipient here/)
    expect(reply).not.toMatch(/127\.0\.0\.1/)
  })

  test('the probe comes from a sender that is not the null reverse-path', () => {
    expect(peer.commands).toContainEqual(expect.stringMatching(/^MAIL FROM:<double-bounce@incoming\.example\.com>/))
    expect(peer.commands).not.toContainEqual(expect.stringMatching(/^MAIL FROM:<>/))
  })

  test('a recipient that cannot be checked is deferred', async () => {
    expect(await last('RCPT TO:<later@incoming.example.com>')).toMatch(/^450 4\./)
  })

  test.each(['good@example.org', 'good@sub.incoming.example.com', 'good@incoming.example.com@example.org'])(
    '%s is not relayed',
    async recipient => {
      expect(await last(`RCPT TO:<${recipient}>`)).toMatch(/^5/)
    },
  )

  test('MAIL needs a greeting; VRFY, DSN and ETRN are off', async () => {
    expect((await talk(postfix.smtpPort, ['MAIL FROM:<a@example.net>'])).at(-1)).toMatch(/^503/)
    expect(await last('VRFY good@incoming.example.com')).toMatch(/^50/)
    expect(await last('RCPT TO:<good@incoming.example.com> NOTIFY=SUCCESS')).toMatch(/^5/)
  })

  test('a message over 25 MiB is refused at MAIL', async () => {
    const size = (octets: number) => talk(postfix.smtpPort, ['EHLO client.example.net', `MAIL FROM:<a@example.net> SIZE=${octets}`])
    expect((await size(26_214_400)).at(-1)).toMatch(/^250/)
    expect((await size(26_214_401)).at(-1)).toMatch(/^552 5\.3\.4/)
  })

  test.each([
    ['bare LF around the dot', 'Subject: x\r\n\r\nhi\n.\r\n.\r\n', /^550 5\.5\.2 .*bare <LF>/],
    ['bare LF in the text', 'Subject: x\r\n\r\nhi\nthere\r\n.\r\n', /^550 5\.5\.2 .*bare <LF>/],
    ['NUL', 'Subject: x\r\n\r\nhi\0\r\n.\r\n', /^550 5\.7\.1/],
  ])('%s is refused, also from our own network', async (_name, message, expected) => {
    const count = peer.messages.length
    const [, , rcpt, data, end] = await talk(postfix.smtpPort, [...open, 'RCPT TO:<good@incoming.example.com>', 'DATA', message])
    expect([rcpt?.slice(0, 3), data?.slice(0, 3)]).toEqual(['250', '354'])
    expect(end).toMatch(expected)
    await sleep(200)
    expect(peer.messages.length).toBe(count)
  })

  test('what becomes undeliverable later bounces to nobody outside: our postmaster hears of it', async () => {
    const message = 'Subject: late\r\n\r\nhi\r\n.\r\n'
    expect(await last('RCPT TO:<gone@incoming.example.com>', 'DATA', message)).toMatch(/^250/)
    await until(() => peer.messages.some(text => /Undelivered Mail/i.test(text)))
    expect(peer.commands).toContainEqual('RCPT TO:<postmaster@incoming.example.com>')
    expect(postfix.log()).toMatch(/to=<person@example\.net>.*this host only receives mail/)
    await until(async () => (await postfix.queue()).length === 0)
  })

  test('a second instance runs beside it, and stop leaves no process', async () => {
    const second = await startPostfix({ folder: path.join(folder, 'second'), smtpPort: await freePort(), lmtpPort: peer.port })
    try {
      expect(second.processes()).not.toEqual([])
    } finally {
      await second.stop()
    }
    expect(second.processes()).toEqual([])
    expect(await last('RSET')).toMatch(/^250/)
  })

  test('stop ends an instance whose folder is gone', async () => {
    const orphan = path.join(folder, 'orphan')
    const third = await startPostfix({ folder: orphan, smtpPort: await freePort(), lmtpPort: peer.port })
    // Its daemons go on writing below it while it is removed.
    await rm(orphan, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
    expect(third.processes()).not.toEqual([])
    await third.stop()
    expect(third.processes()).toEqual([])
  })

  test('no setting is misspelt', () => {
    const said = spawnSync(findProgram('postconf')!, ['-c', path.join(folder, 'etc'), '-n'], { encoding: 'utf8' })
    expect(said.status).toBe(0)
    expect(said.stderr).toBe('')
  })
})
