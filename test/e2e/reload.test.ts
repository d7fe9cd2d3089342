/** SIGHUP: mailboxes, routes, keys, processors and limits change while mail goes on; a bad file changes nothing. */
import { existsSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { deliver, mailClient } from '../support/mail-client.ts'
import { makePostern, type Postern, removeFolder, temporaryFolder } from '../support/postern.ts'
import { answering, startApplication } from '../support/scripted-application.ts'

const mail = (subject: string) => `From: writer@example.org\r\nSubject: ${subject}\r\n\r\nhello\r\n`

let folder: string
let postern: Postern

beforeEach(async () => {
  folder = await temporaryFolder('reload')
  postern = await makePostern({ folder })
  await postern.start()
})
afterEach(async () => {
  if (postern.running) await postern.end('SIGKILL')
  await removeFolder(folder)
})

async function change(edit: (text: string) => string): Promise<void> {
  const before = await readFile(postern.config, 'utf8')
  const after = edit(before)
  expect(after).not.toBe(before)
  await writeFile(postern.config, after)
}

async function reloaded(what: 'reloaded' | 'not reloaded' = 'reloaded'): Promise<Record<string, unknown>> {
  const said = () => postern.log().filter(({ msg }) => String(msg).startsWith(what))
  const before = said().length
  postern.signal('SIGHUP')
  await expect.poll(() => said().length, { timeout: 10_000 }).toBe(before + 1)
  return said().at(-1)!
}

async function rcpt(recipient: string): Promise<string> {
  const client = await mailClient({ port: postern.ports.smtp })
  try {
    await client.command('MAIL FROM:<writer@example.org>')
    return await client.command(`RCPT TO:<${recipient}>`)
  } finally {
    client.close()
  }
}

test('a mailbox that is added is served, one that is gone is not, and the processor that is new is called', async () => {
  const application = await startApplication(answering(204))
  try {
    await writeFile(path.join(folder, 'list'), 'new-key\n')
    expect(await rcpt('tickets+new-key@help.example.com')).toMatch(/^550 5\.7\.1 /)
    await change(text =>
      text
        .replace('name: incoming\n    address: incoming+', 'name: tickets\n    address: tickets+')
        .replace('%{key}@incoming.example.com', '%{key}@help.example.com')
        .replace(/key: \{ signed.*\}\n/, 'key: { file: list }\n')
        .replace('app: { inbox: {} }', `app: { webhook: { url: ${application.url} } }`),
    )
    await reloaded()
    expect(await rcpt('tickets+new-key@help.example.com')).toMatch(/^250 /)
    expect(await rcpt('incoming+any@incoming.example.com')).toMatch(/^550 5\.7\.1 /)
    const client = await mailClient({ port: postern.ports.lmtp, lmtp: true })
    await deliver(client, { sender: 'writer@example.org', recipient: 'tickets+new-key@help.example.com', message: mail('one') })
    client.close()
    await expect.poll(() => application.requests.length, { timeout: 10_000 }).toBe(1)
  } finally {
    await application.close()
  }
})

test('a bad file keeps the old configuration, and the log says why', async () => {
  const address = await postern.mint('ticket-1')
  await change(text => text.replace('processor: app', 'processor: nobody'))
  expect((await reloaded('not reloaded')).problem).toContain('nobody')
  expect(await rcpt(address)).toMatch(/^250 /)
  await change(text => text.replace('processor: nobody', 'processor: app').replace('key: { signed', 'key: { file: broken } #'))
  await writeFile(path.join(folder, 'broken'), 'two words\n')
  expect((await reloaded('not reloaded')).problem).toContain('broken')
  expect(await rcpt(address)).toMatch(/^250 /)
})

test('a transaction that is open ends by the configuration it began with', async () => {
  const address = await postern.mint('ticket-1')
  const client = await mailClient({ port: postern.ports.smtp })
  await client.command('MAIL FROM:<writer@example.org>')
  expect(await client.command(`RCPT TO:<${address}>`)).toMatch(/^250 /)
  await change(text => text.replace('address: incoming+', 'address: other+'))
  await reloaded()
  expect(await client.command('DATA')).toMatch(/^354 /)
  expect((await client.data(mail('kept')))[0]).toMatch(/^250 /)
  await client.command('MAIL FROM:<writer@example.org>')
  expect(await client.command(`RCPT TO:<${address}>`)).toMatch(/^550 5\.1\.1 /)
  client.close()
  expect((await postern.messages()).map(row => row.subject)).toEqual(['kept'])
})

test('limits change, and what waits for a restart is named', async () => {
  await change(text => `${text.replace('limits: { ', 'limits: { recipients: 1, message-size: 1KiB, ')}retention: { delivered: 1d }\n`)
  const line = await reloaded()
  await expect.poll(() => postern.log().some(({ sections }) => JSON.stringify(sections) === '["retention"]')).toBe(true)
  expect(line.level).not.toBe('error')
  const client = await mailClient({ port: postern.ports.smtp })
  expect(await client.command('MAIL FROM:<writer@example.org> SIZE=1024')).toMatch(/^250 /)
  await client.command('RSET')
  expect(await client.command('MAIL FROM:<writer@example.org> SIZE=1025')).toMatch(/^552 /)
  client.close()
})

test('many signals at once end in one configuration, and the server lives', async () => {
  await change(text => text.replace('%{key}@incoming.example.com', '%{key}@help.example.com'))
  for (let i = 0; i < 20; i++) postern.signal('SIGHUP')
  await expect.poll(() => rcpt('incoming+no@help.example.com'), { timeout: 10_000 }).toMatch(/No such recipient/)
  expect(await postern.end('SIGTERM')).toBe(0)
})

test('a signal during the start is a reload once it is over', async () => {
  await postern.end('SIGTERM')
  await rm(path.join(folder, 'keys'), { recursive: true })
  const started = postern.start()
  // Made for the first start, right after the configuration was read.
  while (!existsSync(path.join(folder, 'keys', '1'))) await new Promise(setImmediate)
  await change(text => text.replace('%{key}@incoming.example.com', '%{key}@help.example.com'))
  postern.signal('SIGHUP')
  await started
  await expect.poll(() => rcpt('incoming+no@help.example.com'), { timeout: 10_000 }).toMatch(/No such recipient/)
})

test('a signal while the server stops changes nothing: deliveries under way end', async () => {
  const application = await startApplication((_, response) => void setTimeout(() => response.writeHead(204).end(), 1_500))
  try {
    await change(text => text.replace('app: { inbox: {} }', `app: { webhook: { url: ${application.url} } }`))
    await reloaded()
    const client = await mailClient({ port: postern.ports.smtp })
    expect(await deliver(client, { sender: 'writer@example.org', recipient: await postern.mint('1'), message: mail('last') })).toMatch(
      /^250/,
    )
    client.close()
    await expect.poll(() => application.requests.length).toBe(1)
    const ended = postern.end('SIGTERM')
    await expect.poll(() => postern.log().some(({ msg }) => String(msg).startsWith('draining'))).toBe(true)
    await new Promise(resolve => setTimeout(resolve, 200))
    postern.signal('SIGHUP')
    expect(await ended).toBe(0)
    expect(postern.log().map(({ msg }) => msg)).toEqual(expect.arrayContaining(['not reloaded: everything stays as it was', 'delivered']))
    expect(application.requests).toHaveLength(1)
  } finally {
    await application.close()
  }
})
