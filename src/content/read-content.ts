/**
 * The parsed view of one message, mail/content.ts `Content`. Runs in the worker: a hostile message takes what time and memory it can
 * get, and is ended from outside. Reads what it is given and nothing else; the same message gives the same content.
 */
import { attachmentLink, type Links } from '../lib/attachment-link.ts'
import type { Attachment, Content, ParsedContent } from '../mail/content.ts'
import type { ContentOptions } from '../transaction/ports.ts'
import { readAddresses } from './header/addresses.ts'
import { readDate } from './header/date.ts'
import { firstField, type RawField, type RawHeader, readFields } from './header/fields.ts'
import { readMessageIds } from './header/message-ids.ts'
import { fieldText } from './header/text.ts'
import { type ContentLimits, cutText, OverBudget } from './limits.ts'
import { attachedParts, bodyOf, isBody } from './parts/body.ts'
import { htmlToText } from './parts/html-text.ts'
import type { Part } from './parts/part.ts'
import { type SplitPart, splitMessage } from './parts/split.ts'
import { extractReply } from './reply/extract.ts'

export interface Facts {
  /** The message's id. */
  readonly id: string
  /** Milliseconds since 1970. */
  readonly received: number
}

export interface ReadOptions extends ContentOptions {
  readonly limits: ContentLimits
  /** null: none are configured. */
  readonly links: Links | null
}

/** Rejects only by a defect, of ours or of a library. */
export async function readContent(raw: Uint8Array, facts: Facts, options: ReadOptions): Promise<Content> {
  const header = readFields(raw, options.limits.header)
  if (header.fields.length === 0 && !header.cut) return { status: 'unreadable', problem: 'it has no header' }
  try {
    return await parsed(raw, header, { facts, options })
  } catch (error) {
    if (error instanceof OverBudget) return { status: 'over-budget', problem: error.message }
    throw error
  }
}

/** The octets of one attachment, by its index; null where there is none, or the message is over a budget. */
export async function readAttachment(
  raw: Uint8Array,
  index: number,
  limits: ContentLimits,
): Promise<{ name: string | null; type: string; octets: Uint8Array } | null> {
  const header = readFields(raw, limits.header)
  // Text is decoded to know what is attached, not kept.
  const keep = (part: Part): number => (isBody({ ...unread, ...part }, false) ? 0 : Number.POSITIVE_INFINITY)
  try {
    const root = await split(header, raw.subarray(header.bodyStart), { limits, keep })
    const found = attachedParts(root)[index]
    return found === undefined ? null : { name: found.name, type: found.type, octets: found.octets }
  } catch (error) {
    if (error instanceof OverBudget) return null
    throw error
  }
}

const unread = { size: 0, sha256: '', octets: new Uint8Array(0) }

async function parsed(
  raw: Uint8Array,
  header: RawHeader,
  { facts, options }: { facts: Facts; options: ReadOptions },
): Promise<ParsedContent> {
  const { fields, bodyStart } = header
  const { limits } = options
  const words = headerWords(fields, limits)
  // Text is longer in UTF-8 than in most charsets, and may be shorter than in others.
  const keep = (part: Part): number => (part.type === 'text/html' ? 4 * limits.html : part.type === 'text/plain' ? 4 * limits.text : 0)
  const root = await split(header, raw.subarray(bodyStart), { limits, keep: part => Math.max(keep(part), options.inline) })
  const body = bodyOf(root, html => htmlToText(cutText(html, limits.html).text))
  const text = body.text === null ? null : cutText(body.text, limits.text)
  const html = body.html === null ? null : cutText(body.html, limits.html)
  const said = text === null ? null : { text: text.text, subject: words.subject, ...(html === null ? {} : { html: html.text }) }
  return {
    status: 'parsed',
    header: fields.map(({ name, value }) => ({ name, value: fieldText(value) })),
    ...words,
    text: text?.text ?? null,
    textFrom: body.textFrom,
    html: html?.text ?? null,
    reply: said === null ? null : extractReply(said),
    attachments: attachedParts(root).map((part, index) => attachmentOf(part, index, { facts, options })),
    truncated: [...(header.cut ? ['header'] : []), ...(text?.cut ? ['text'] : []), ...(html?.cut ? ['html'] : [])],
  }
}

function headerWords(fields: readonly RawField[], { addresses }: ContentLimits) {
  let left = addresses
  const all = (name: string) => {
    const values = fields.filter(field => field.name.toLowerCase() === name).map(({ value }) => value)
    const found = readAddresses(values, left, addresses)
    left -= found.length
    return found
  }
  const one = (name: string) => firstField(fields, name) ?? ''
  return {
    subject: fieldText(one('subject')).trim(),
    from: all('from'),
    replyTo: all('reply-to'),
    to: all('to'),
    cc: all('cc'),
    date: readDate(one('date')),
    messageId: readMessageIds(one('message-id'))[0] ?? '',
    inReplyTo: readMessageIds(one('in-reply-to')),
    references: readMessageIds(one('references')),
  }
}

/** A multipart whose boundary never comes is text, or nobody would see what it says. */
async function split({ fields }: RawHeader, body: Uint8Array, options: Parameters<typeof splitMessage>[2]): Promise<SplitPart> {
  const root = await splitMessage(fields, body, options)
  if (!root.type.startsWith('multipart/') || root.children.length > 0) return root
  const rest = fields.filter(({ name }) => !/^content-type$/i.test(name))
  return splitMessage([...rest, { name: 'Content-Type', value: 'text/plain' }], body, options)
}

function attachmentOf(part: SplitPart, index: number, { facts, options }: { facts: Facts; options: ReadOptions }): Attachment {
  const { name, type, size, sha256, contentId } = part
  const about = {
    index,
    name,
    type,
    size,
    sha256,
    disposition: part.disposition ?? (contentId === null ? 'attachment' : 'inline'),
    contentId,
  }
  if (size <= options.inline) return { ...about, content: Buffer.from(part.octets).toString('base64') }
  if (options.larger !== 'link' || options.links === null) return about
  return { ...about, url: attachmentLink(options.links, { message: facts.id, part: index, at: facts.received }) }
}
