/**
 * The body as multipart/form-data (RFC 7578): `event` (JSON without the raw message), `message` (message/rfc822), and a part for each
 * attachment that the event would hold. The boundary is random: what a stranger wrote can't hold it, so it can make no part.
 */
import { randomBytes } from 'node:crypto'
import type { Attachment, Content } from '../../../mail/content.ts'
import type { Delivery, MessageSource } from '../../../transaction/ports.ts'
import { type EventOptions, eventBody } from '../../event/event.ts'
import { wholeMessage } from '../../event/whole-message.ts'
import type { Form } from './form.ts'

interface Part {
  readonly name: string
  readonly file?: string
  readonly type: string
  pieces(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>
}

/** Rejects where the message can't be parsed now. */
export async function multipart(delivery: Delivery, message: MessageSource, options: EventOptions): Promise<Form> {
  const boundary = `postern-${randomBytes(18).toString('hex')}`
  const { source, attachments } = await withoutAttachments(message, options)
  const parts: Part[] = [
    { name: 'event', type: 'application/json', pieces: () => eventBody(delivery, source, { ...options, raw: 'apart' }) },
    { name: 'message', file: 'message.eml', type: 'message/rfc822', pieces: () => wholeMessage(source) },
    ...attachments.map(attachmentPart),
  ]
  return { contentType: `multipart/form-data; boundary=${boundary}`, fields: {}, pieces: () => written(parts, boundary) }
}

async function* written(parts: readonly Part[], boundary: string): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    yield Buffer.from(`--${boundary}\r\n${partHeader(part)}\r\n`)
    yield* part.pieces()
    yield Buffer.from('\r\n')
  }
  yield Buffer.from(`--${boundary}--\r\n`)
}

function partHeader({ name, file, type }: Part): string {
  const disposition = `form-data; name="${name}"${file === undefined ? '' : `; filename="${fileName(file)}"`}`
  return `Content-Disposition: ${disposition}\r\nContent-Type: ${type}\r\n`
}

/** As browsers write it (HTML, multipart/form-data): UTF-8, with quotes and line ends as %XX. Other control characters go. */
export const fileName = (name: string): string =>
  name
    .replaceAll('"', '%22')
    .replaceAll('\r', '%0D')
    .replaceAll('\n', '%0A')
    .replace(/\p{Cc}/gu, '')

const typePattern = /^[\w!#$&^.+-]{1,127}\/[\w!#$&^.+-]{1,127}$/

/** Base64 is decoded piece by piece: a multiple of four characters each. */
const pieceCharacters = 64 * 1024

function attachmentPart({ index, name, type, content = '' }: Attachment): Part {
  return {
    name: `attachment-${index}`,
    file: name ?? `attachment-${index}`,
    type: typePattern.test(type) ? type : 'application/octet-stream',
    *pieces() {
      for (let from = 0; from < content.length; from += pieceCharacters)
        yield Buffer.from(content.slice(from, from + pieceCharacters), 'base64')
    },
  }
}

interface Taken {
  readonly source: MessageSource
  readonly attachments: readonly Attachment[]
}

/** The attachments that the parsed view holds, and a message whose view holds them no more. */
async function withoutAttachments(message: MessageSource, { attachments: inline, larger }: EventOptions): Promise<Taken> {
  const octets = await message.content?.({ inline, larger })
  if (octets === undefined) return { source: message, attachments: [] }
  const content = JSON.parse(Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString()) as Content
  if (content.status !== 'parsed') return { source: message, attachments: [] }
  const light = content.attachments.map(({ content: _, ...rest }) => rest)
  const view = Buffer.from(JSON.stringify({ ...content, attachments: light }))
  const source: MessageSource = { ...message, content: async () => view }
  return { source, attachments: content.attachments.filter(attachment => attachment.content !== undefined) }
}
