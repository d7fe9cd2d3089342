/** Standing alone as MX: TLS with certificates that change, a real balancer in front, clients that don't wait. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import path from 'node:path'
import { createTransport } from 'nodemailer'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeCertificate } from '../support/certificate.ts'
import { lineReader } from '../support/dialog.ts'
import { freePorts, waitForPort } from '../support/ports.ts'
import { makePostern, type Postern, removeFolder, temporaryFolder } from '../support/postern.ts'
import { findProgram, skipWithout } from '../support/services.ts'

const missing = skipWithout('openssl', 'swaks with TLS', 'haproxy')

/** Standard output and error together; rejects where the program ends badly, unless it may. */
function run(program: string, args: readonly string[], input = ''): Promise<string> {
  return new Promise(resolve => {
    const child = execFile(findProgram(program)!, args, { timeout: 20_000 }, (_, stdout, stderr) => resolve(stdout + stderr))
    child.stdin!.end(input)
  })
}

async function arrive(port: number, localAddress = '127.0.0.1') {
  const socket: Socket = connect({ port, host: '127.0.0.1', localAddress }).on('error', () => undefined)
  const reader = lineReader(socket)
  await once(socket, 'connect')
  const reply = async () => {
    for (;;) {
      const line = await reader.next()
      if (line[3] !== '-') return line
    }
  }
  return { socket, reply, send: (text: string) => void socket.write(text) }
}

describe.skipIf(missing !== null)('standing alone', () => {
  let folder: string
  let postern: Postern
  /** Of the second listener, behind the balancer. */
  let proxied: number

  beforeAll(async () => {
    folder = await temporaryFolder('mx')
    await mkdir(path.join(folder, 'tls'))
    makeCertificate(path.join(folder, 'tls'), 'first.example.com')
    postern = await makePostern({ folder })
    ;[proxied] = (await freePorts(1)) as [number]
    await withListeners(
      postern,
      `
    - host: 127.0.0.1
      port: ${postern.ports.smtp}
      tls: { certificate: tls/certificate.pem, key: tls/key.pem }
    - { host: 127.0.0.1, port: ${proxied}, proxy-protocol: [127.0.0.1] }`,
    )
    await postern.start()
  })
  afterAll(async () => {
    if (postern?.running) await postern.end('SIGTERM')
    await removeFolder(folder)
  })

  const certificateName = async () => {
    const args = ['s_client', '-starttls', 'smtp', '-connect', `127.0.0.1:${postern.ports.smtp}`]
    return /subject=.*CN ?= ?(\S+)/.exec(await run('openssl', args, 'QUIT\r\n'))?.[1]
  }

  test('a client sends 4 MB by TLS: the message is whole, and says so', async () => {
    const client = createTransport({ host: '127.0.0.1', port: postern.ports.smtp, requireTLS: true, tls: { rejectUnauthorized: false } })
    const to = await postern.mint('ticket-0')
    const message = `Subject: by TLS\r\n\r\n${'a line of some length, many times over\r\n'.repeat(100_000)}`
    const { response } = await client.sendMail({ envelope: { from: 'writer@example.org', to }, raw: message })
    const id = response.split(' ').at(-1)!
    expect((await postern.message(id)).protocol).toBe('ESMTPS')
    expect((await postern.raw(id)).toString('latin1').endsWith(message)).toBe(true)
  })

  test('swaks sends by TLS, and is offered REQUIRETLS', async () => {
    const to = await postern.mint('ticket-1')
    const said = await run('swaks', ['--server', `127.0.0.1:${postern.ports.smtp}`, '--from', 'writer@example.org', '--to', to, '--tls'])
    expect(said).toMatch(/=== TLS started with cipher TLSv1\.3/)
    const id = /250 2\.6\.0 Accepted (\S+)/.exec(said)?.[1]
    expect((await postern.message(id!)).protocol).toBe('ESMTPS')
    expect(said).toMatch(/~> EHLO[^=]*<~ {2}250 REQUIRETLS/s)
  })

  test('a new certificate is used by the next handshake, a bad one never', async () => {
    expect(await certificateName()).toBe('first.example.com')
    makeCertificate(path.join(folder, 'tls'), 'second.example.com')
    await expect.poll(certificateName, { timeout: 10_000, interval: 200 }).toBe('second.example.com')
    await writeFile(path.join(folder, 'tls', 'key.pem'), 'no key any more')
    const complaints = () => postern.log().filter(({ msg }) => String(msg).startsWith('the certificate stays as it was'))
    await expect.poll(() => complaints().length, { timeout: 10_000 }).toBe(1)
    expect(await certificateName()).toBe('second.example.com')
    makeCertificate(path.join(folder, 'tls'), 'third.example.com')
    await expect.poll(certificateName, { timeout: 10_000, interval: 200 }).toBe('third.example.com')
    expect(complaints()).toHaveLength(1)
  })

  test('what is put behind STARTTLS is not run', async () => {
    const { send, reply } = await arrive(postern.ports.smtp)
    expect(await reply()).toMatch(/^220 /)
    send('EHLO client.example\r\n')
    expect(await reply()).toBe('250 STARTTLS')
    send('STARTTLS\r\nMAIL FROM:<evil@example.org>\r\n')
    expect([await reply(), await reply()]).toEqual(['554 5.5.0 Nothing may follow STARTTLS before the TLS handshake', '(closed)'])
    await expect
      .poll(() => postern.transactions('reason=connection.starttls'))
      .toEqual([expect.objectContaining({ client: '127.0.0.1', sender: null })])
  })

  test('who does not wait for the greeting is refused, by default', async () => {
    const { send, reply } = await arrive(postern.ports.smtp)
    send('EHLO client.example\r\n')
    expect([await reply(), await reply()]).toEqual(['554 5.5.0 You spoke before the greeting', '(closed)'])
  })

  describe('behind haproxy', () => {
    test.each(['send-proxy check', 'send-proxy-v2 check check-send-proxy'])('%s', async how => {
      const balancer = await startHaproxy(folder, how, proxied)
      try {
        const { send, reply, socket } = await arrive(balancer.port, '127.0.0.9')
        expect(await reply()).toMatch(/^220 /)
        for (const line of ['EHLO client.example', 'MAIL FROM:<writer@example.org>', `RCPT TO:<${await postern.mint('ticket-2')}>`]) {
          send(`${line}\r\n`)
          expect(await reply()).toMatch(/^250 /)
        }
        send('DATA\r\n')
        expect(await reply()).toMatch(/^354 /)
        send(`Subject: ${how}\r\n\r\nhello\r\n.\r\n`)
        const id = /^250 2\.6\.0 Accepted (\S+)$/.exec(await reply())?.[1]
        expect((await postern.message(id!)).client.address).toBe('127.0.0.9')
        socket.destroy()
      } finally {
        await balancer.stop()
      }
      // The balancer's looks at us are no refusals. Rows come in batches: the log knows at once.
      expect(postern.log().filter(({ reason }) => reason === 'connection.proxy')).toEqual([])
    })

    test('a client that comes past the balancer hears nothing', async () => {
      const { send, reply } = await arrive(proxied)
      send('EHLO client.example\r\n')
      expect(await reply()).toBe('(closed)')
      await expect
        .poll(() => postern.transactions('reason=connection.proxy'))
        .toEqual([expect.objectContaining({ client: '127.0.0.1', decisions: [expect.objectContaining({ detail: 'no PROXY header' })] })])
    })
  })
})

test.skipIf(missing !== null)('a key that is another certificate’s is said before a port is opened', async () => {
  const folder = await temporaryFolder('mx-pair')
  try {
    for (const name of ['one', 'two']) {
      await mkdir(path.join(folder, name))
      makeCertificate(path.join(folder, name))
    }
    const postern = await makePostern({ folder })
    const { lmtp } = postern.ports
    await withListeners(
      postern,
      `
    - { host: 127.0.0.1, port: ${postern.ports.smtp} }
    - { host: 127.0.0.1, port: ${lmtp}, tls: { certificate: one/certificate.pem, key: two/key.pem } }`,
    )
    await expect(postern.start()).rejects.toThrow('not the key of the certificate in')
    expect(postern.log().filter(({ msg }) => msg === 'ready')).toEqual([])
  } finally {
    await removeFolder(folder)
  }
})

/** Other SMTP listeners, and no LMTP, instead of those of the configuration. */
async function withListeners({ config }: Postern, smtp: string): Promise<void> {
  const text = await readFile(config, 'utf8')
  await writeFile(config, text.replace(/ {2}smtp: .*\n {2}lmtp: .*\n/, `  smtp:${smtp}\n`))
}

async function startHaproxy(folder: string, how: string, to: number): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const [port] = (await freePorts(1)) as [number]
  const file = path.join(folder, `haproxy-${port}.cfg`)
  await writeFile(
    file,
    `defaults
  mode tcp
  timeout connect 5s
  timeout client 60s
  timeout server 60s
listen mx
  bind 127.0.0.1:${port}
  server postern 127.0.0.1:${to} ${how} inter 100ms
`,
  )
  const child = spawn(findProgram('haproxy')!, ['-db', '-f', file], { stdio: 'ignore' })
  const ended = once(child, 'exit')
  const killAtExit = () => void child.kill('SIGKILL')
  process.on('exit', killAtExit)
  await waitForPort(port, 10_000, () => child.exitCode === null)
  return {
    port,
    async stop() {
      process.off('exit', killAtExit)
      child.kill('SIGKILL')
      await ended
    },
  }
}
