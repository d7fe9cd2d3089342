/** The programs of Postfix as relays: smtp-sink for each reply there is, a whole Postfix for the way to the writer. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { freePort } from '../../support/ports.ts'
import { startPostfix } from '../../support/postfix.ts'
import { skipWithout } from '../../support/services.ts'
import { startSink } from '../../support/smtp-sink.ts'
import { source } from '../processors/suite.ts'
import { aNotice, aProcessor } from './relay.ts'

const missing = skipWithout('postfix', 'smtp-source')
const folder = mkdtempSync(path.join(tmpdir(), 'postern-notice-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const raw = source(Buffer.from('Message-ID: <c@example.org>\r\nSubject: x\r\n\r\nSECRET\r\n'))
const send = (port: number) => aProcessor(port, { tls: 'opportunistic' }).deliver(aNotice(), raw, new AbortController().signal)

describe.skipIf(missing !== null)('smtp-sink', () => {
  const hard = ['-B', '550 5.1.1 No such user']
  const soft = ['-b', '451 4.3.0 Come again']

  test.each([
    ['nothing', [], 'delivered', /^250 /],
    ['nothing, without PIPELINING', ['-p'], 'delivered', /^250 /],
    ['nothing, and knows HELO alone', ['-e'], 'delivered', /^250 /],
    ['MAIL for good', ['-f', 'MAIL', ...hard], 'failed', /^refused by the relay, given up \(MAIL FROM\): 550 5\.1\.1/],
    ['RCPT for good', ['-f', 'RCPT', ...hard], 'failed', /^refused by the relay, given up \(RCPT TO\): 550 5\.1\.1 No such user/],
    ['RCPT for good, without PIPELINING', ['-p', '-f', 'RCPT', ...hard], 'failed', /\(RCPT TO\): 550/],
    ['DATA for good', ['-f', 'DATA', ...hard], 'failed', /\(DATA\): 550/],
    ['the data for good', ['-f', '.', ...hard], 'failed', /\(DATA\): 550/],
    ['CONNECT for good', ['-f', 'CONNECT', ...hard], 'retry', /550/],
    ['HELO and EHLO for good', ['-f', 'EHLO,HELO', ...hard], 'retry', /550/],
    ['MAIL for now', ['-r', 'MAIL', ...soft], 'retry', /^deferred by the relay \(MAIL FROM\): 451 4\.3\.0 Come again/],
    ['RCPT for now', ['-r', 'RCPT', ...soft], 'retry', /\(RCPT TO\): 451/],
    ['DATA for now', ['-r', 'DATA', ...soft], 'retry', /\(DATA\): 451/],
    ['the data for now', ['-r', '.', ...soft], 'retry', /\(DATA\): 451/],
    ['the data by hanging up', ['-q', '.'], 'retry', /not sent/],
  ] as const)('refuses %s', async (what, words, kind, detail) => {
    const sink = await startSink(path.join(folder, what.replaceAll(/\W/g, '-')), { smtp: true, words })
    try {
      const outcome = await send(sink.port)
      expect(outcome.kind).toBe(kind)
      expect(outcome.detail).toMatch(detail)
      // Of what it refuses it keeps files for a moment, too.
      if (kind === 'delivered') expect(await sink.messages()).toHaveLength(1)
    } finally {
      await sink.stop()
    }
  })
})

describe.skipIf(missing !== null || process.getuid?.() !== 0)('a Postfix as the relay', () => {
  test('hands one notice to the writer, from the null reverse-path, and bounces none', async () => {
    const sink = await startSink(path.join(folder, 'sink'))
    const smtpPort = await freePort()
    const postfix = await startPostfix({
      folder: path.join(folder, 'postfix'),
      smtpPort,
      lmtpPort: await freePort(),
      settings: {
        default_transport: `lmtp:inet:127.0.0.1:${sink.port}`,
        mynetworks: '127.0.0.0/8',
        smtpd_relay_restrictions: 'permit_mynetworks, reject',
        smtpd_recipient_restrictions: '',
        in_flow_delay: '0s',
      },
    })
    try {
      expect(await send(smtpPort)).toEqual({ kind: 'delivered', detail: expect.stringMatching(/^250 2\.0\.0 Ok: queued as /) })
      for (let left = 600; left > 0 && (await sink.messages()).length === 0; left--) await new Promise(resolve => setTimeout(resolve, 50))
      const messages = await sink.messages()
      expect(messages).toHaveLength(1)
      const fields = messages[0]!
        .split('\n\n')[0]!
        .replace(/\n[ \t]+/g, ' ')
        .split('\n')
      for (const field of [
        'X-Mail-Args: <>',
        'X-Rcpt-Args: <alice@example.org>',
        'Message-ID: <notice.06bqz6ypw5v0gh3m.0123456789abcdef@incoming.example.com>',
        'Auto-Submitted: auto-replied',
      ])
        expect(fields.filter(line => line.startsWith(field))).toHaveLength(1)
      expect(messages[0]).not.toContain('SECRET')
      expect(await postfix.queue()).toEqual([])
    } finally {
      await postfix.stop()
      await sink.stop()
    }
  })

  test('that doesn’t know the writer refuses in the session: given up, no bounce', async () => {
    const smtpPort = await freePort()
    const postfix = await startPostfix({
      folder: path.join(folder, 'refusing'),
      smtpPort,
      lmtpPort: await freePort(),
      settings: { smtpd_recipient_restrictions: 'reject', in_flow_delay: '0s' },
    })
    try {
      expect(await send(smtpPort)).toEqual({ kind: 'failed', detail: expect.stringMatching(/\(RCPT TO\): 554 5\.7\.1/) })
      expect(await postfix.queue()).toEqual([])
    } finally {
      await postfix.stop()
    }
  })
})
