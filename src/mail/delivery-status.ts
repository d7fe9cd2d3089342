/**
 * A delivery status notification as data (RFC 3464; addresses and fields in UTF-8 RFC 6533): what a message/delivery-status part
 * says of each recipient. Tolerant, since mail servers bend the format; bounded; believes nothing and decides nothing.
 */
import { parseDateTime } from './date-time.ts'

export type BounceAction = 'failed' | 'delayed' | 'delivered' | 'relayed' | 'expanded'

export interface BouncedRecipient {
  /** As the sender wrote it, and as the reporter tried it. */
  readonly original: string | null
  readonly final: string | null
  readonly action: BounceAction | null
  /** Enhanced status code: "5.1.1". */
  readonly status: string | null
  readonly diagnostic: string | null
  readonly remoteMta: string | null
}

/** Text is one line each, at most 2,000 characters. */
export interface Bounce {
  readonly reportingMta: string | null
  /** When the reporter got the message, in milliseconds since 1970. */
  readonly arrival: number | null
  /** At most 100. */
  readonly recipients: readonly BouncedRecipient[]
  /** With its angle brackets, as the original has it. */
  readonly originalMessageId: string | null
}

export const maxRecipients = 100
const maxValue = 2000
const longest = 512 * 1024

type Fields = ReadonlyMap<string, string>

/** Null where no recipient is named. `originalMessageId` is null: it stands in another part. Never throws; linear. */
export function parseDeliveryStatus(text: string): Bounce | null {
  const groups = fieldGroups(text.slice(0, longest))
  const recipients = groups.filter(isRecipient).slice(0, maxRecipients).map(recipientOf)
  if (recipients.length === 0) return null
  const message = groups.find(fields => fields.has('reporting-mta')) ?? groups[0]!
  const arrival = message.get('arrival-date')
  return {
    reportingMta: mta(message.get('reporting-mta')),
    arrival: arrival === undefined ? null : parseDateTime(arrival),
    recipients,
    originalMessageId: null,
  }
}

/** Groups of fields, parted by empty lines (RFC 3464 2.1). Of fields of one name the first counts. */
function fieldGroups(text: string): Fields[] {
  const groups: Map<string, string>[] = []
  let open: Map<string, string> | null = null
  let last: string | null = null
  for (const line of text.split(/\r?\n/)) {
    if (/^[ \t]*$/.test(line)) {
      open = null
      last = null
    } else if (/^[ \t]/.test(line)) {
      if (open !== null && last !== null) open.set(last, `${open.get(last)!} ${line.trim()}`.slice(0, maxValue * 4))
    } else {
      const colon = line.indexOf(':')
      last = colon > 0 ? line.slice(0, colon).trim().toLowerCase() : null
      if (last === null) continue
      if (open === null) {
        open = new Map()
        groups.push(open)
      }
      if (open.has(last)) last = null
      else open.set(last, line.slice(colon + 1, colon + 1 + maxValue * 4).trim())
    }
  }
  return groups
}

const isRecipient = (fields: Fields): boolean => fields.has('final-recipient') || fields.has('original-recipient')

function recipientOf(fields: Fields): BouncedRecipient {
  const action = /^[a-z]+/.exec(fields.get('action')?.toLowerCase() ?? '')?.[0]
  return {
    original: address(fields.get('original-recipient')),
    final: address(fields.get('final-recipient')),
    action: actions.find(known => known === action) ?? null,
    status: /(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.])/.exec(fields.get('status') ?? '')?.[0] ?? null,
    diagnostic: typed(fields.get('diagnostic-code')),
    remoteMta: mta(fields.get('remote-mta')),
  }
}
const actions: readonly BounceAction[] = ['failed', 'delayed', 'delivered', 'relayed', 'expanded']

/** What stands behind the type and its semicolon (`smtp; 550 …`, `dns; mx.example.org`), with or without one. */
function typed(value: string | undefined): string | null {
  if (value === undefined) return null
  const text = oneLine(value.trimStart().replace(/^[A-Za-z0-9-]{1,40}[ \t]*;/, ''))
  return text === '' ? null : text
}

/** `dns; mx.example.org. (192.0.2.1)`: the name alone. */
const mta = (value: string | undefined): string | null => typed(value)?.replace(/\.?(?: \(.*)?$/, '') || null

/** `rfc822; <a@b>`, `utf-8; \x{E4}@b` (RFC 6533 3). */
function address(value: string | undefined): string | null {
  const text = typed(value)
  if (text === null) return null
  const plain = text.replace(/^<(.*)>$/, '$1')
  return /^\s*utf-8[ \t]*;/i.test(value!) ? oneLine(plain.replace(/\\x\{([0-9A-Fa-f]{1,6})\}/g, (_, hex: string) => character(hex))) : plain
}

function character(hex: string): string {
  const code = Number.parseInt(hex, 16)
  return code > 0x10ffff ? '\ufffd' : String.fromCodePoint(code)
}

/** Printable, white space made single, bounded. */
export const oneLine = (text: string): string =>
  text
    .slice(0, maxValue * 4)
    .toWellFormed()
    .replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029\s]+/g, ' ')
    .trim()
    .slice(0, maxValue)
    .toWellFormed()
