/** Mail into the stack as a mail server would send it: over SMTP to Postfix, again and again while the answer is 4yz. */
import { setTimeout as sleep } from 'node:timers/promises'
import { deliver, mailClient } from '../support/mail-client.ts'

export const message = (recipient: string, subject: string): string =>
  [
    'From: Alice <alice@example.org>',
    `To: ${recipient}`,
    `Subject: ${subject}`,
    `Date: ${new Date().toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <${subject.replaceAll(' ', '-')}@example.org>`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    '',
    'Hello.',
    '',
  ].join('\r\n')

/** One attempt; the reply that ended it. */
export async function attempt(port: number, recipient: string, subject: string): Promise<string> {
  const client = await mailClient({ port })
  try {
    return await deliver(client, { sender: 'alice@example.org', recipient, message: message(recipient, subject) })
  } finally {
    client.close()
  }
}

/** The reply to RCPT, nothing sent after it. */
export async function askRcpt(port: number, recipient: string): Promise<string> {
  const client = await mailClient({ port })
  try {
    await client.command('MAIL FROM:<alice@example.org>')
    return await client.command(`RCPT TO:<${recipient}>`)
  } finally {
    client.close()
  }
}

/** The first reply that is not 4yz; a minute of those, or of no connection, is an error. */
export async function untilAnswered(ask: () => Promise<string>): Promise<string> {
  let last = ''
  for (const end = Date.now() + 60_000; Date.now() < end; await sleep(1000)) {
    last = await ask().catch((error: unknown) => `4 ${String(error)}`)
    if (!last.startsWith('4')) return last
  }
  throw new Error(`deferred for a minute: ${last}`)
}

export async function send(port: number, recipient: string, subject: string): Promise<void> {
  const reply = await untilAnswered(() => attempt(port, recipient, subject))
  if (!reply.startsWith('250')) throw new Error(`not accepted: ${reply}`)
}
