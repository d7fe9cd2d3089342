/**
 * Bounces that are no delivery status notification: qmail's (QSBMF), Exchange's and Gmail's own, and the plain text of Postfix,
 * Exim and Sendmail. Reads the recipients and what is said of each, as far as both are named. Pure and linear; the caller sees
 * to it that the message is from a mail system at all.
 */
import { type Bounce, type BouncedRecipient, maxRecipients, oneLine } from '../mail/delivery-status.ts'
import { parseHeader } from '../mail/header-fields.ts'

/** Where the copy of the message begins. */
const copy =
  /^(?:-{2,} ?)(?:below this line is a copy of the message|this is a copy of (?:the|your) message|original message|unsent message|returned message|message header follows|headers? of the|the header)|^original message headers:|^message headers follow/i

const address = '([^\\s<>()"\',;:@]{1,64}@[A-Za-z0-9\\u00a1-\\uffff.-]{1,255})'
/** What names a recipient, and what of it stands on the same line: `<a@b>: text`, `  a@b`, `'a@b' on 11/20/2026`, `a@b (text)`. */
const named = [
  new RegExp(`^[ \\t]{0,8}<${address}>:?(?:[ \\t]+(.*))?$`),
  new RegExp(`^[ \\t]{0,8}${address}:?[ \\t]*$`),
  new RegExp(`^[ \\t]{0,8}'${address}' on `),
]
const longestText = 128 * 1024
const longestLine = 1000

/** `failed`: the addresses of an X-Failed-Recipients field. Null where no recipient is named with a status. */
export function parseTextBounce(text: string, failed: readonly string[]): Bounce | null {
  const lines = text
    .slice(0, longestText)
    .split('\n')
    .map(line => line.slice(0, longestLine).trimEnd())
  const at = lines.findIndex(line => copy.test(line.trimStart()))
  const said = at < 0 ? lines : lines.slice(0, at)
  const named = blocksOf(said)
  const blocks = named.length > 0 ? named : failed.slice(0, maxRecipients).map(final => ({ final, text: '' }))
  const whole = said.join(' ')
  // What isn't said of one of several may be true of another.
  const around: Around = { delayed: delayed.test(whole), permanent: permanent.test(whole), lines: blocks.length === 1 ? said : [] }
  const recipients = blocks.map(block => recipientOf(block, around)).filter(recipient => recipient.status !== null)
  if (recipients.length === 0) return null
  return { reportingMta: reporter(whole), arrival: null, recipients, originalMessageId: at < 0 ? null : messageIdIn(lines.slice(at + 1)) }
}

interface Block {
  readonly final: string
  readonly text: string
}

/** A recipient and the lines behind it, up to an empty one. */
function blocksOf(lines: readonly string[]): Block[] {
  const blocks: { final: string; text: string }[] = []
  let open: { final: string; text: string } | null = null
  for (const line of lines) {
    const match = named.map(form => form.exec(line)).find(found => found !== null)
    if (match !== undefined) {
      const again = blocks.find(({ final }) => final === match[1])
      if (again === undefined && blocks.length >= maxRecipients) break
      open = again ?? { final: match[1]!, text: '' }
      if (again === undefined) blocks.push(open)
      open.text += ` ${match[2] ?? ''}`
    } else if (line === '') open = null
    else if (open !== null && open.text.length < 4000) open.text += ` ${line}`
  }
  return blocks
}

/** What the message says of all its recipients. */
interface Around {
  readonly delayed: boolean
  readonly permanent: boolean
  /** Where there is one recipient, all that is said is said of it. */
  readonly lines: readonly string[]
}

const delayed =
  /\bstill being retried|\bstill trying|\bwill be retried|\bnot yet been delivered|\bdo not need to resend|\bhas been delayed/i
const permanent = /permanent (?:fatal )?(?:error|failure)|failed permanently/i
const answer = /^(?:<<< |remote host said: )?([45]\d\d[ -].*)$/i

function recipientOf({ final, text }: Block, { delayed: waits, permanent: lasts, lines }: Around): BouncedRecipient {
  // Gmail and others name the recipient in one paragraph and the reason in another.
  const status = statusIn(text) ?? statusIn(lines.join(' ')) ?? (lasts ? '5.0.0' : null)
  const elsewhere = lines.map(line => answer.exec(line.trim())?.[1]).find(line => line !== undefined)
  const diagnostic = oneLine(text) || oneLine(elsewhere ?? '') || null
  const remoteMta = (host.exec(text) ?? host.exec(lines.filter(line => !reporters.some(form => form.test(line))).join(' ')))?.[1] ?? null
  return { original: null, final, action: waits ? 'delayed' : 'failed', status, diagnostic, remoteMta }
}

/** `host mx.b.example[192.0.2.7] said`, `while talking to mx.b.example.:`, `by mx.b.example. [192.0.2.7]`. */
const host = /\b(?:host|talking to|by) ([A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,30})(?:\.:|:|\.? ?\[[0-9a-fA-F.:]{2,60}\])/i

/** An enhanced status code; else what the basic code is worth. */
function statusIn(text: string): string | null {
  const enhanced = /(?<![\d.])[45]\.\d{1,3}\.\d{1,3}(?![\d.]*\d)/.exec(text)?.[0]
  const basic = /(?:^|[\s:#(])([45])\d\d[\s-](?!\d)/.exec(text)?.[1]
  return enhanced ?? (basic === undefined ? null : `${basic}.0.0`)
}

const reporters = [
  /\bprogram at ([A-Za-z0-9.-]{1,255}[A-Za-z0-9])/i,
  /\bmail system at host ([A-Za-z0-9.-]{1,255}[A-Za-z0-9])/i,
  /\bgenerating server: ([A-Za-z0-9.-]{1,255}[A-Za-z0-9])/i,
]
const reporter = (text: string): string | null => reporters.map(form => form.exec(text)?.[1]).find(name => name !== undefined) ?? null

/** Of the header section that follows, behind empty lines and what frames it. */
function messageIdIn(lines: readonly string[]): string | null {
  const start = lines.findIndex(line => /^[ \t]*[A-Za-z0-9-]{2,60}:/.test(line))
  if (start < 0) return null
  const indent = /^[ \t]*/.exec(lines[start]!)![0].length
  const header = lines.slice(start).map(line => line.slice(indent))
  return (
    parseHeader(new TextEncoder().encode(`${header.join('\n')}\n`))
      .first('message-id')
      ?.slice(0, 1000) ?? null
  )
}
