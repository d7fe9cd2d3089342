/**
 * What a message says of the failed delivery of another: its message/delivery-status part (RFC 3464, RFC 6533) and the header of
 * the original, or the text of a bounce in no standard form. Runs in the worker; must not be called where sessions are served,
 * since a hostile message takes what time and memory it can get.
 */
import { type AttachmentStream, MailParser, type MailParserOptions, type MessageText } from 'mailparser'
import { type Bounce, parseDeliveryStatus } from '../mail/delivery-status.ts'
import { type Header, parseHeader } from '../mail/header-fields.ts'
import { parseTextBounce } from './text-bounce.ts'

const statusTypes = ['message/delivery-status', 'message/global-delivery-status']
const originalTypes = ['message/rfc822', 'text/rfc822-headers', 'message/global', 'message/global-headers']
const maxPart = 512 * 1024

/** Passed through to the splitter; @types/mailparser doesn't know them. */
interface Options extends MailParserOptions {
  readonly keepDeliveryStatus: boolean
  readonly ignoreEmbedded: boolean
  readonly maxHeadSize: number
  readonly maxChildNodes: number
}
const options: Options = {
  skipHtmlToText: true,
  skipTextToHtml: true,
  skipImageLinks: true,
  skipTextLinks: true,
  keepDeliveryStatus: true,
  // What is enclosed is about another message: not looked into, but for its header.
  ignoreEmbedded: true,
  maxHeadSize: 512 * 1024,
  maxChildNodes: 200,
}

/** Null where the message is no bounce. Rejects where it can't be parsed within the bounds. */
export async function readBounce(raw: Uint8Array): Promise<Bounce | null> {
  const header = parseHeader(raw)
  const { status, original, text } = await partsOf(raw)
  const found =
    (status === null ? null : parseDeliveryStatus(status)) ?? (isFromMailSystem(header) ? parseTextBounce(text, failedIn(header)) : null)
  if (found === null) return null
  const messageId = original === null ? undefined : parseHeader(original).first('message-id')
  return { ...found, originalMessageId: messageId?.slice(0, 1000) ?? found.originalMessageId }
}

interface Parts {
  readonly status: string | null
  readonly original: Uint8Array | null
  readonly text: string
}

/** The first part of each kind. */
function partsOf(raw: Uint8Array): Promise<Parts> {
  const { promise, resolve, reject } = Promise.withResolvers<Parts>()
  const parser = new MailParser(options)
  let status: Buffer | null = null
  let original: Buffer | null = null
  let text = ''
  parser.on('error', reject)
  parser.on('data', (part: AttachmentStream | MessageText) => {
    if (part.type === 'text') {
      text = part.text ?? ''
      return
    }
    const type = part.contentType.toLowerCase()
    const chunks: Buffer[] = []
    let size = 0
    part.content.on('data', (chunk: Buffer) => {
      if (size < maxPart) chunks.push(chunk)
      size += chunk.length
    })
    part.content.on('end', () => {
      if (statusTypes.includes(type)) status ??= Buffer.concat(chunks)
      else if (originalTypes.includes(type)) original ??= Buffer.concat(chunks)
      part.release()
    })
  })
  parser.on('end', () => resolve({ status: status === null ? null : new TextDecoder().decode(status), original, text }))
  parser.end(raw)
  return promise
}

/** A person who quotes a bounce writes under a name of his own. */
const isFromMailSystem = (header: Header): boolean =>
  header.count('x-failed-recipients') > 0 ||
  /mailer-daemon|mail delivery|postmaster|mail administrator|microsoft exchange|microsoft outlook/i.test(header.first('from') ?? '')

const failedIn = (header: Header): string[] =>
  header
    .all('x-failed-recipients')
    .join(',')
    .slice(0, 32_000)
    .split(',')
    .map(text => text.trim())
    .filter(text => /^[^\s@]{1,64}@[^\s@]{1,255}$/.test(text))
