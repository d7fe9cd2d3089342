/** A route that wants bounces: a report sent through SMTP comes to the application as data, other automatic mail doesn't come. */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../support/behind-postfix.ts'
import { mailClient } from '../support/mail-client.ts'
import { makePostern, type Postern, removeFolder, temporaryFolder } from '../support/postern.ts'
import { type Application, answering, startApplication } from '../support/scripted-application.ts'

const messages = path.join(import.meta.dirname, '..', 'messages', 'bounces')
let folder: string
let application: Application
let postern: Postern

beforeAll(async () => {
  folder = await temporaryFolder('bounces')
  application = await startApplication(answering(200))
  postern = await makePostern({
    folder,
    processor: `{ webhook: { url: ${application.url}, timeout: 10s } }`,
    mailboxes: [
      "{ name: bounces, address: 'bounces+%{key}@incoming.example.com', routes: [{ name: b, key: { pattern: '[a-z]+' }, bounces: true, processor: app }] }",
    ],
  })
  await postern.start()
})
afterAll(async () => {
  await postern?.end('SIGTERM')
  await application?.close()
  await removeFolder(folder)
})

async function send(message: string): Promise<string> {
  const session = await mailClient({ port: postern.ports.smtp })
  try {
    for (const line of ['MAIL FROM:<>', 'RCPT TO:<bounces+campaign@incoming.example.com>', 'DATA']) {
      expect(await session.command(line)).toMatch(/^[23]/)
    }
    return (await session.data(message))[0]!
  } finally {
    session.close()
  }
}

test('a bounce comes as data', async () => {
  const message = (await readFile(path.join(messages, 'postfix.eml'), 'latin1')).replace(/\r?\n/g, '\r\n')
  const expected = JSON.parse(await readFile(path.join(messages, 'postfix.json'), 'utf8')) as { recipients: object[] }
  expect(await send(message)).toMatch(/^250 /)
  const call = await eventually(() => application.requests[0])
  const { data } = JSON.parse(call.body) as { data: { bounce: { recipients: object[] }; envelope: { sender: string } } }
  expect(data.envelope.sender).toBe('')
  expect(data.bounce.recipients).toEqual(expected.recipients)
})

test('a vacation notice doesn’t', async () => {
  const before = application.requests.length
  const vacation = 'From: a@example.org\r\nAuto-Submitted: auto-replied\r\nSubject: I am away\r\n\r\nUntil Monday.\r\n'
  expect(await send(vacation)).toMatch(/^250 /)
  const row = await eventually(async () => (await postern.messages('text=away'))[0])
  expect(row.state).toBe('discarded')
  expect(application.requests).toHaveLength(before)
})
