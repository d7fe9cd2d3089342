/** The server as an operator meets it: first start, wrong configuration, send-test, a webhook, signals. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import path from 'node:path'
import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { deliver, mailClient } from '../support/mail-client.ts'
import { freePorts } from '../support/ports.ts'
import { makePostern, type Postern, removeFolder, temporaryFolder } from '../support/postern.ts'

const cli = path.join(import.meta.dirname, '..', '..', 'src', 'cli.ts')
let folder: string
let postern: Postern | null = null

beforeEach(async () => {
  folder = await temporaryFolder('serve')
})
afterEach(async () => {
  if (postern?.running) await postern.end('SIGKILL')
  postern = null
  await removeFolder(folder)
})

async function started(options: Partial<Parameters<typeof makePostern>[0]> = {}): Promise<Postern> {
  postern = await makePostern({ folder, ...options })
  await postern.start()
  return postern
}

const mail = (subject: string) => `From: writer@example.org\r\nSubject: ${subject}\r\n\r\nhello\r\n`

function run(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise(resolve => {
    execFile(process.execPath, [cli, ...args], { cwd: folder }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
    })
  })
}

describe('the embedded default', () => {
  test('starts in an empty folder, makes its secret, takes a message, and stops', async () => {
    const [smtp, lmtp, http] = await freePorts(3)
    const shipped = await readFile(path.join(import.meta.dirname, '..', '..', 'config', 'postern.yaml'), 'utf8')
    await mkdir(path.join(folder, 'config'))
    await writeFile(
      path.join(folder, 'config', 'postern.yaml'),
      shipped.replace('2525', String(smtp)).replace('2424', String(lmtp)).replace('8025', String(http)),
    )
    const server = spawn(process.execPath, [cli, 'serve'], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    server.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
    try {
      await expect.poll(() => output, { timeout: 20_000 }).toContain('"msg":"ready"')
      expect(JSON.parse(output.trimEnd().split('\n').at(-1)!)).toMatchObject({
        msg: 'ready',
        listeners: [`smtp 127.0.0.1:${smtp}`, `lmtp 127.0.0.1:${lmtp}`, `http 127.0.0.1:${http}`],
      })
      expect((await stat(path.join(folder, 'var', 'keys', '1'))).mode & 0o777).toBe(0o600)
      const sent = await run('send-test')
      expect(sent.stdout).toMatch(
        /answered +250 2\.6\.0 Accepted [0-9a-z]{16}\nstate +delivered\npage +http:\/\/127\.0\.0\.1:\d+\/messages\/[0-9a-z]{16}\n$/,
      )
      expect((await run('send-test', '--via', 'lmtp', '--json')).code).toBe(0)
      const page = await (await fetch(/http\S+/.exec(sent.stdout)![0])).text()
      expect(page).toContain('If you can read it, the way from the listener to here works.')
    } finally {
      server.kill('SIGTERM')
    }
    expect(await once(server, 'exit')).toEqual([0, null])
  })
})

describe('what is wrong is said before a port is opened', () => {
  test('a wrong configuration ends with status 78 and names file, place, found and allowed', async () => {
    const [smtp, http] = await freePorts(2)
    await writeFile(
      path.join(folder, 'bad.yaml'),
      `hostname: in.example.com\nlisteners:\n  smtp: { host: 127.0.0.1, port: ${smtp} }\n  http: { host: 127.0.0.1, port: ${http}, tokn: x }\nmailboxes:\n  - { name: a, address: 'a+%{key}@in.example.com', routes: [{ name: r, key: { file: keys }, processor: shelf }] }\nprocessors: { shelf: { inbox: {} } }\n`,
    )
    const { code, stderr } = await run('serve', '--config', 'bad.yaml')
    expect(code).toBe(78)
    expect(stderr).toMatch(/bad\.yaml:4:\d+/)
    expect(stderr).toContain('tokn')
    expect(stderr).toContain('token')
  })

  test('a port that is taken ends with status 1 and names it', async () => {
    const taken = createTcpServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as AddressInfo
    const made = await makePostern({ folder })
    const config = (await readFile(made.config, 'utf8')).replace(`port: ${made.ports.lmtp}`, `port: ${port}`)
    await writeFile(made.config, config)
    const { code, stdout } = await run('serve', '--config', made.config)
    taken.close()
    expect(code).toBe(1)
    expect(stdout).toContain(`EADDRINUSE: address already in use 127.0.0.1:${port}`)
  })

  test('wrong usage ends with status 64', async () => {
    expect((await run('serv')).code).toBe(64)
    expect((await run('keys', 'mint')).code).toBe(64)
    expect((await run('serve', 'now')).code).toBe(64)
  })
})

describe('send-test', () => {
  test('says what a server refused, and that nobody listens', async () => {
    const { run } = await started()
    await expect(run('send-test', '--to', 'incoming+nokey@incoming.example.com')).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^refused: 550 5\.1\.1 No such recipient here [0-9a-z]{16}\n$/),
    })
    await postern!.end('SIGTERM')
    await expect(run('send-test')).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('Is the server running?') })
  })
})

describe('a webhook', () => {
  let application: Server
  afterEach(() => application.close())

  test('gets the message signed and whole, again after it failed, under the same id', async () => {
    const calls: { headers: Record<string, string>; body: string }[] = []
    application = createServer((request, response) => {
      let body = ''
      request.on('data', (chunk: Buffer) => {
        body += chunk.toString()
      })
      request.on('end', () => {
        calls.push({ headers: request.headers as Record<string, string>, body })
        response.writeHead(calls.length === 1 ? 503 : 204, { 'retry-after': '1' }).end()
      })
    }).listen(0, '127.0.0.1')
    await once(application, 'listening')
    const url = `http://127.0.0.1:${(application.address() as AddressInfo).port}/inbound`
    const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
    const server = await started({
      processor: `{ webhook: { url: '${url}', secret: { env: HOOK } } }`,
      more: 'delivery: { retry: { first: 1s, max: 1s, for: 1m } }',
      env: { HOOK: secret },
    })
    const client = await mailClient({ port: server.ports.smtp })
    expect(await deliver(client, { sender: 'writer@example.org', recipient: await server.mint('t-1'), message: mail('hooked') })).toMatch(
      /^250 2\.6\.0/,
    )
    client.close()
    await expect.poll(() => calls.length, { timeout: 10_000 }).toBe(2)
    expect(calls[0]!.headers['webhook-id']).toBe(calls[1]!.headers['webhook-id'])
    const event = new Webhook(secret).verify(calls[1]!.body, calls[1]!.headers) as {
      data: { raw: { content: string }; claims: object; subject: string }
    }
    expect(event.data).toMatchObject({ subject: 'hooked', claims: { subject: 't-1' } })
    const raw = Buffer.from(event.data.raw.content, 'base64').toString()
    expect(raw).toMatch(/^Return-Path: <writer@example\.org>\r\nDelivered-To: incoming\+\S+\r\nReceived: from client\.example \(/)
    expect(raw.endsWith(mail('hooked'))).toBe(true)
    await expect.poll(async () => (await server.messages('state=delivered')).length).toBe(1)
  })
})

describe('signals', () => {
  test('SIGTERM: no new connections, the open transaction ends, status 0', async () => {
    const server = await started()
    const recipient = await server.mint('t-2')
    const idle = await mailClient({ port: server.ports.smtp })
    const busy = await mailClient({ port: server.ports.smtp })
    await busy.command('MAIL FROM:<writer@example.org>')
    await busy.command(`RCPT TO:<${recipient}>`)
    const ending = server.end('SIGTERM')
    await expect.poll(() => server.log().some(line => String(line.msg).startsWith('draining'))).toBe(true)
    expect(await idle.command('NOOP')).toMatch(/^421 4\.3\.2 /)
    await expect(mailClient({ port: server.ports.smtp })).rejects.toThrow()
    expect((await server.get<{ ready: boolean }>('/readyz').catch(error => String(error))) as string).toContain('503')
    expect(await busy.command('DATA')).toMatch(/^354/)
    expect((await busy.data(mail('last')))[0]).toMatch(/^250 2\.6\.0/)
    expect(await ending).toBe(0)
    await server.start()
    expect(await server.messages('text=last')).toHaveLength(1)
  })

  test('a second signal ends it at once', async () => {
    const server = await started()
    const busy = await mailClient({ port: server.ports.smtp })
    await busy.command('MAIL FROM:<writer@example.org>')
    const first = server.end('SIGTERM')
    await expect.poll(() => server.log().some(line => String(line.msg).startsWith('draining'))).toBe(true)
    await server.end('SIGTERM')
    expect(await first).toBe(1)
  })

  test('a SIGTERM while the server starts drains it once it stands', async () => {
    postern = await makePostern({ folder })
    const server = spawn(process.execPath, [cli, 'serve', '--config', postern.config], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let output = ''
    server.stdout.on('data', (chunk: Buffer) => {
      if (output === '') server.kill('SIGTERM')
      output += chunk.toString()
    })
    const [code] = (await once(server, 'exit')) as [number]
    expect(code).toBe(0)
    expect(output).toContain('"msg":"stopped"')
  })
})
