/** What the Maildir processor writes, read by a real Dovecot over IMAP: every message once, octet for octet. */
import { chown, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { maildir } from '../../../src/delivery/processors/maildir.ts'
import { fetchAll, startDovecot } from '../../support/dovecot.ts'
import { idOf, messageOf } from '../../support/maildir-writer.ts'
import { aDelivery } from '../../support/memory-queue.ts'
import { keptLog } from '../../support/quiet-log.ts'
import { skipWithout } from '../../support/services.ts'
import { source } from './suite.ts'

const missing = process.getuid?.() === 0 ? skipWithout('dovecot') : 'Dovecot must be started by root'
const nobody = 65_534

test.skipIf(missing !== null)(
  'Dovecot reads every message as it was received, with our trace fields',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'postern-dovecot-'))
    const directory = join(folder, 'Maildir')
    const processor = maildir({ name: 'app', directory, concurrency: 4, log: keptLog() })
    const trace = 'Return-Path: <alice@example.org>\r\nDelivered-To: incoming+key@incoming.example.com\r\n'
    const messages = [
      ...[1, 2, 3, 4, 5].map(messageOf),
      Buffer.from('Subject: =?utf-8?q?=C3=BC?=\r\n\r\n.\r\n..\r\nFrom here\r\n\r\n', 'latin1'),
      Buffer.from('Subject: 8bit\r\n\r\n\xe4\xf6\xfc \xff\r\n', 'latin1'),
    ]
    try {
      for (const [number, octets] of messages.entries()) {
        const delivery = aDelivery({ idempotencyId: idOf(number), received: 1_767_323_045_000 + number * 1_000 })
        const signal = new AbortController().signal
        expect((await processor.deliver(delivery, source(octets, trace), signal)).kind).toBe('delivered')
      }
      await chown(directory, nobody, nobody)
      for (const entry of await readdir(directory, { recursive: true })) await chown(join(directory, entry), nobody, nobody)
      const dovecot = await startDovecot(folder, directory, nobody)
      try {
        const fetched = await fetchAll(dovecot.port)
        const expected = messages.map(octets => Buffer.concat([Buffer.from(trace), octets]))
        expect(fetched.length).toBe(messages.length)
        for (const [i, octets] of expected.entries()) expect(fetched[i]!.equals(octets), `message ${i}`).toBe(true)
      } finally {
        await dovecot.stop()
      }
      // Dovecot has moved them to cur: a second attempt finds them there.
      expect((await readdir(join(directory, 'cur'))).length).toBe(messages.length)
      const again = aDelivery({ idempotencyId: idOf(0), attempts: 1 })
      expect((await processor.deliver(again, source(messages[0]!, trace), new AbortController().signal)).detail).toBe('was there already')
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  },
  60_000,
)
