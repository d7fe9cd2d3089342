/**
 * Whole dialogs, without sockets: whatever a client says in whatever order, and whatever the spool does, each command gets
 * exactly one reply, no reply can be split, no error gets out, a 250 behind the data stands for a commit, and a relay peer
 * never hears a 5yz behind the data (design: the five rules; RFC 5321 4.1, RFC 2033 4.2).
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Answer } from '../../../src/listeners/smtp/answer.ts'
import { createDialog, type Dialog } from '../../../src/listeners/smtp/dialog.ts'
import { createGuard } from '../../../src/transaction/guard.ts'
import { type TestSite, testSite } from '../../support/site.ts'

const usual = { connections: 1e6, connectionsPerNetwork: 1e6, unknownRecipients: 1e6, errors: 1e6 }

const recipient = fc.constantFrom(
  'incoming+GoodKey@in.test',
  'Incoming+GoodKey@IN.test',
  'incoming+SlowGoodKey@in.test',
  'incoming+Expired@in.test',
  'incoming+Down@in.test',
  'incoming+Throws@in.test',
  'incoming+Rejects@in.test',
  'incoming+SlowDown@in.test',
  'reply@dedicated.test',
  'robots+GoodKey@in.test',
  'open@in.test',
  'postmaster@in.test',
  'postmaster',
  'nobody@in.test',
  'someone@elsewhere.test',
  '',
  'a b',
)
const command = fc.oneof(
  { weight: 6, arbitrary: recipient.map(address => `RCPT TO:<${address}>`) },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      'MAIL FROM:<writer@example.org>',
      'MAIL FROM:<>',
      'MAIL FROM:<mailer-daemon@example.org>',
      'MAIL FROM:<writer@example.org> REQUIRETLS',
    ),
  },
  { weight: 4, arbitrary: fc.constant('DATA') },
  { weight: 1, arbitrary: fc.constantFrom('MAIL FROM:<a..b@c>', 'MAIL FROM:<a@b.example> SIZE=99999999', 'DATA now', 'RSET', 'RSET x') },
  { weight: 1, arbitrary: fc.constantFrom('LHLO client.example', 'EHLO client.example', 'HELO client.example', 'NOOP', 'VRFY x', 'HELP') },
  {
    weight: 1,
    arbitrary: fc.constantFrom('XFORWARD ADDR=192.0.2.1', 'XFORWARD ADDR=nonsense', 'STARTTLS', 'STARTTLS x', 'AUTH PLAIN x', ''),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }).map(text => `RCPT TO:<${text}>`) },
)
/** One command, or all those of a transaction: few would come to their data by chance. */
const commands = fc.oneof(
  { weight: 1, arbitrary: command.map(one => [one]) },
  {
    weight: 1,
    arbitrary: fc
      .array(recipient, { minLength: 1, maxLength: 7 })
      .map(all => ['RSET', 'MAIL FROM:<writer@example.org>', ...all.map(address => `RCPT TO:<${address}>`), 'DATA']),
  },
)
const content = fc.constantFrom(
  'From: a@example.org\r\nDate: x\r\nMessage-ID: <1@x>\r\n\r\nhello\r\n',
  'Auto-Submitted: auto-replied\r\n\r\nI am away\r\n',
  'X-Loop: postern@mx.in.test\r\n\r\nround\r\n',
  'References: <reply-GoodKey@app.test>\r\n\r\nreply\r\n',
  'References: <reply-Down@app.test>\r\n\r\nreply\r\n',
  'References: <reply-Throws@app.test>\r\n\r\nreply\r\n',
  `\r\n${'x'.repeat(10_000)}`,
  `\r\n${'x'.repeat(3_000)}`,
  '',
  'no header at all',
  'bad\nline endings\r\n',
)
const session = fc.record({
  lmtp: fc.boolean(),
  relay: fc.boolean(),
  trusted: fc.boolean(),
  exempt: fc.boolean(),
  tls: fc.constantFrom(null, 'offered' as const, 'required' as const),
  secured: fc.boolean(),
  steps: fc.array(fc.record({ commands, content, cut: fc.nat({ max: 40 }), flawed: fc.boolean(), failing: failure() }), { maxLength: 12 }),
})

function failure() {
  return fc.oneof({ weight: 5, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.constantFrom('open', 'write', 'commit') })
}

/** The reply lines of an answer, checked for what may stand in one; continuation lines left out. */
function repliesOf({ text }: Answer): string[] {
  expect(text).toMatch(/^(?:[2-5]\d\d[ -][\x20-\x7e]*\r\n)+$/)
  expect(text).not.toContain('secret detail')
  return text.split('\r\n').filter(line => /^\d\d\d /.test(line))
}

async function sendData(
  dialog: Dialog,
  site: TestSite,
  step: { readonly content: string; readonly cut: number; readonly flawed: boolean },
) {
  const before = site.spool.committed
  const bytes = Buffer.from(step.content)
  for (const piece of [bytes.subarray(0, step.cut), bytes.subarray(step.cut)]) if (piece.length > 0) await dialog.write(piece)
  const answered = await dialog.endOfData(step.flawed)
  return { answered, committed: site.spool.committed - before }
}

test('any dialog', { timeout: 60_000 }, () =>
  fc.assert(
    fc.asyncProperty(session, async ({ lmtp, relay, trusted, exempt, tls, secured, steps }) => {
      const site = testSite()
      const dialog = createDialog({
        site: () => site,
        guard: createGuard(usual, site.clock),
        session: { listener: 'x', peer: relay ? 'relay' : 'origin', replyPerRecipient: lmtp, normalizeLineEndings: relay },
        lmtp,
        trusted,
        exempt: trusted || exempt,
        tls,
        peerAddress: '198.51.100.1',
      })
      let safe = false
      const secure = () => {
        dialog.secured({ version: 'TLSv1.3', cipher: 'x' })
        safe = true
      }
      if (tls !== null && secured) secure()
      repliesOf(await dialog.command(lmtp ? 'LHLO client.example' : 'EHLO client.example'))
      let accepted = 0
      let transactions = 0
      for (const step of steps.flatMap(({ commands, ...rest }) => commands.map(command => ({ ...rest, command })))) {
        site.spool.failing = step.failing
        const open = dialog.transactionStarted !== null
        const answer = await dialog.command(step.command)
        const replies = repliesOf(answer)
        expect(replies, step.command).toHaveLength(1)
        if (dialog.transactionStarted !== null && !open) transactions++
        if (dialog.transactionStarted === null) accepted = 0
        if (/^RCPT/i.test(step.command) && replies[0]!.startsWith('250')) accepted++
        if (dialog.transactionStarted !== null && tls === 'required') expect(safe).toBe(true)
        if (answer.next === 'close') break
        if (answer.next === 'tls') {
          expect(tls !== null && !safe, 'STARTTLS once, and where it is offered').toBe(true)
          secure()
        }
        if (answer.next !== 'data') continue
        expect(accepted).toBeGreaterThan(0)
        const { answered, committed } = await sendData(dialog, site, step)
        const ends = repliesOf(answered)
        expect(ends).toHaveLength(lmtp ? accepted : 1)
        if (ends.some(line => line.startsWith('250'))) expect(committed).toBe(1)
        else expect(committed).toBe(0)
        if (relay) expect(ends.filter(line => line.startsWith('5'))).toEqual([])
        expect(dialog.transactionStarted).toBeNull()
        accepted = 0
        if (answered.next === 'close') break
      }
      dialog.gone()
      // One trace for each transaction; MAIL that opened none may have left one of its own.
      const rows = site.rows.filter(row => row.sender !== null)
      expect(rows.length).toBeGreaterThanOrEqual(transactions)
      expect(new Set(site.rows.map(row => row.id)).size).toBe(site.rows.length)
      expect(site.spool.opened, 'each sink is ended once').toBe(site.spool.committed + site.spool.failed + site.spool.aborted)
      for (const row of site.rows) if (/^[45]/.test(row.reply)) expect(row.reason, row.reply).not.toBeNull()
      const protocols = site.spool.kept.map(({ message }) => message.protocol)
      if (!safe) expect(protocols.filter(protocol => protocol.endsWith('S'))).toEqual([])
      if (tls === 'required') expect(protocols.filter(protocol => protocol !== 'SMTP' && !protocol.endsWith('S'))).toEqual([])
      for (const row of site.rows) expect(row.message !== null).toBe(site.spool.kept.some(kept => kept.message.id === row.id))
    }),
    { numRuns: 300 },
  ),
)
