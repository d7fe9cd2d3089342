/**
 * A whole Postern whose keys are in a real Redis, a real PostgreSQL and a real application, each killed and started again
 * while mail comes in: a good key is put off and never refused, a bad one is put off and never taken.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type KeysApplication, keysApplication } from '../support/keys-application.ts'
import { mailClient } from '../support/mail-client.ts'
import { makePostern, type Postern, removeFolder, temporaryFolder } from '../support/postern.ts'
import { type Postgres, startPostgres } from '../support/postgres.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { skipWithout } from '../support/services.ts'

const missing = skipWithout('redis', 'postgresql')
const message = (subject: string) =>
  `From: writer@example.org\r\nSubject: ${subject}\r\nMessage-ID: <${subject}@example.org>\r\n\r\nhello\r\n`

interface Load {
  /** Every basic code that came for good and for bad keys. */
  readonly codes: { readonly good: Set<string>; readonly bad: Set<string> }
  /** Resolves when the codes that come now are these. */
  settles(good: string, bad: string): Promise<void>
  /** Subjects that were answered 250 after the data. */
  stop(): Promise<readonly string[]>
}

describe.skipIf(missing !== null)(missing ?? 'key stores behind a whole Postern', () => {
  let folder: string
  let postern: Postern
  let redis: RedisServer
  let postgres: Postgres
  let application: KeysApplication

  beforeAll(async () => {
    folder = await temporaryFolder('key-stores')
    redis = await startRedis({ settings: ['--appendonly', 'yes', '--appendfsync', 'always'] })
    postgres = await startPostgres()
    application = await keysApplication({ good: { verdict: 'valid', subject: 'ticket-1' }, bad: { verdict: 'unknown' } })
    await application.start()
    const client = await redis.client()
    await client.set('reply:good', 'ticket-1')
    client.disconnect()
    await postgres.sql(`CREATE TABLE keys (token text PRIMARY KEY); INSERT INTO keys VALUES ('good')`)
    const route = (key: string) => `routes: [{ name: reply, processor: app, key: ${key} }]`
    const mailbox = (name: string, key: string) => `{ name: ${name}, address: '${name}+%{key}@incoming.example.com', ${route(key)} }`
    postern = await makePostern({
      folder,
      mailboxes: [
        mailbox('redis', `{ redis: { url: '${redis.url}', key: 'reply:%{key}', timeout: 1s } }`),
        mailbox(
          'sql',
          `{ sql: { url: '${postgres.url()}', password: { env: SQL_PASSWORD }, query: 'SELECT 1 FROM keys WHERE token = %{key}', timeout: 1s } }`,
        ),
        mailbox('http', `{ http: { url: '${application.url}', secret: { env: KEYS_SECRET }, timeout: 1s } }`),
      ],
      env: { KEYS_SECRET: application.secret, SQL_PASSWORD: postgres.password },
    })
    await postern.start()
  }, 60_000)
  afterAll(async () => {
    if (postern?.running) await postern.end('SIGKILL')
    await redis?.stop()
    await postgres?.remove()
    await application?.kill()
    await removeFolder(folder)
  })

  /** Four sessions, each one transaction after the other: a good and a bad recipient in turn, the good one with a message. */
  function startLoad(mailbox: string): Load {
    const codes = { good: new Set<string>(), bad: new Set<string>() }
    let last = { good: new Set<string>(), bad: new Set<string>() }
    const kept: string[] = []
    let stopped = false
    const note = (which: 'good' | 'bad', reply: string): void => {
      codes[which].add(reply.slice(0, 9))
      last[which].add(reply.slice(0, 9))
    }
    async function work(worker: number): Promise<void> {
      const client = await mailClient({ port: postern.ports.lmtp, lmtp: true })
      for (let turn = 0; !stopped; turn++) {
        await client.command('MAIL FROM:<writer@example.org>')
        note('bad', await client.command(`RCPT TO:<${mailbox}+bad@incoming.example.com>`))
        const reply = await client.command(`RCPT TO:<${mailbox}+good@incoming.example.com>`)
        note('good', reply)
        const subject = `${mailbox}-${worker}-${turn}`
        if (!reply.startsWith('250')) await client.command('RSET')
        else {
          await client.command('DATA')
          const [said] = await client.data(message(subject))
          note('good', said!)
          if (said!.startsWith('250')) kept.push(subject)
        }
        await sleep(5)
      }
      client.close()
    }
    const running = Promise.all([1, 2, 3, 4].map(work))
    return {
      codes,
      async settles(good, bad) {
        const now = async () => {
          last = { good: new Set(), bad: new Set() }
          await sleep(200)
          return [[...last.good].join(), [...last.bad].join()]
        }
        await expect.poll(now, { timeout: 15_000 }).toEqual([good, bad])
      },
      async stop() {
        stopped = true
        await running
        return kept
      },
    }
  }

  const stores: readonly [string, () => Promise<unknown>, () => Promise<unknown>][] = [
    ['redis', () => redis.kill(), () => redis.start()],
    ['sql', () => postgres.kill(), () => postgres.start()],
    ['http', () => application.kill(), () => application.start()],
  ]
  test.each(stores)(
    '%s is killed twice under load',
    async (mailbox, kill, start) => {
      const load = startLoad(mailbox)
      await load.settles('250 2.1.5,250 2.6.0', '550 5.1.1')
      for (let time = 0; time < 2; time++) {
        await kill()
        await load.settles('451 4.4.3', '451 4.4.3')
        await start()
        await load.settles('250 2.1.5,250 2.6.0', '550 5.1.1')
      }
      const kept = await load.stop()
      expect([...load.codes.good].sort()).toEqual(['250 2.1.5', '250 2.6.0', '451 4.4.3'])
      expect([...load.codes.bad].sort()).toEqual(['451 4.4.3', '550 5.1.1'])
      const rows = await postern.messages(`mailbox=${mailbox}&`)
      expect(rows.map(row => row.subject).sort()).toEqual([...kept].sort())
    },
    90_000,
  )
})
