/**
 * Attachments and the parsed view over HTTP. An attachment is a download and nothing else: what a stranger sent must never be
 * rendered under our name, so only types that no browser runs keep theirs, and none is sniffed.
 */
import type { FastifyInstance, FastifyReply } from 'fastify'
import { idOf, unknown } from './api.ts'
import { attachmentDisposition, fileName } from './disposition.ts'
import type { AttachmentOctets, ContentDoor, HttpParts } from './options.ts'
import { Problem } from './problem.ts'
import { readQuery } from './query.ts'

/** Readings under way from here at once: applications' events go through the same workers. */
const atOnce = 8

export const safeTypes: ReadonlySet<string> = new Set([
  ...['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif', 'image/bmp', 'audio/mpeg', 'audio/ogg', 'audio/wav'],
  ...['video/mp4', 'video/webm', 'video/ogg', 'application/pdf', 'application/zip', 'application/gzip', 'text/plain', 'text/csv'],
  ...['text/calendar', 'message/rfc822', 'application/msword', 'application/vnd.ms-excel'],
])

/** A door of which at most eight readings are under way; more get Problem 503. */
export function boundedContent(door: ContentDoor): ContentDoor {
  let underWay = 0
  const bounded = async <T>(read: () => Promise<T>): Promise<T> => {
    if (underWay >= atOnce) throw new Problem(503, 'Too many messages are being read now, try again in a moment')
    underWay++
    try {
      return await read()
    } finally {
      underWay--
    }
  }
  return {
    view: message => bounded(() => door.view(message)),
    attachment: (message, index) => bounded(() => door.attachment(message, index)),
  }
}

export function addAttachments(app: FastifyInstance, { content }: HttpParts): void {
  app.get('/api/messages/:id/content', async request => {
    readQuery(request.query, {})
    return (await (content ?? none()).view(idOf(request))) ?? unknown('message', idOf(request))
  })
  app.get('/api/messages/:id/attachments/:index', async (request, reply) => {
    readQuery(request.query, {})
    const index = indexOf((request.params as { index: string }).index)
    const found = index === null ? null : await (content ?? none()).attachment(idOf(request), index)
    return found === null ? unknown('attachment', idOf(request)) : sendAttachment(reply, found, index!)
  })
}

/** null where it is no number of an attachment. */
export const indexOf = (text: string): number | null => (/^(?:0|[1-9]\d{0,5})$/.test(text) ? Number(text) : null)

export function sendAttachment(reply: FastifyReply, { name, type, octets }: AttachmentOctets, index: number): FastifyReply {
  reply.type(safeTypes.has(type) ? type : 'application/octet-stream')
  download(reply, fileName(name, `attachment-${index}`))
  return reply.send(Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength))
}

/** `sandbox`: if a browser renders it all the same, then as a page of nobody. */
export function download(reply: FastifyReply, name: string): void {
  reply.header('content-disposition', attachmentDisposition(name))
  reply.header('content-security-policy', "default-src 'none'; sandbox; frame-ancestors 'none'")
}

function none(): never {
  throw new Problem(404, 'Messages are not parsed here')
}
