/**
 * `GET /attachments/ID/PART?expires=…&signature=…`: one raw message or attachment for whoever has the link, without a token and
 * under every Host. The signature is looked at before anything else. A link must never stand in a log: errors.ts leaves its query out.
 */
import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { verifyLink } from '../../lib/attachment-link.ts'
import { download, indexOf, sendAttachment } from './attachments.ts'
import { fileName } from './disposition.ts'
import type { HttpParts, LinkDoor } from './options.ts'
import { Problem } from './problem.ts'

export const linkPrefix = '/attachments/'

interface Place {
  readonly message: string
  /** An attachment by its number. */
  readonly part: 'raw' | number
}

export function addLinks(app: FastifyInstance, parts: HttpParts): void {
  const { links } = parts
  if (links === null) return
  app.get(`${linkPrefix}:message/:part`, async (request, reply) => {
    const { message, part } = request.params as { readonly message: string; readonly part: string }
    const index = part === 'raw' ? part : indexOf(part)
    if (index === null) throw foreign()
    checkLink(links, { message, part: index }, request)
    return index === 'raw' ? sendRaw(parts, links, { message, reply }) : sendPart(parts, { message, index, reply })
  })
}

/** Throws Problem 403, or 410 for a link that was good once. */
function checkLink({ secret }: LinkDoor, place: Place, { query }: FastifyRequest): void {
  const { expires, signature } = query as Readonly<Record<string, unknown>>
  if (typeof expires !== 'string' || !/^\d{1,12}$/.test(expires) || typeof signature !== 'string' || signature.length > 100) throw foreign()
  const link = { ...place, expires: Number(expires), signature }
  // At time 0 none has expired: what is left is whether we signed it.
  if (!verifyLink(secret, link, 0)) throw foreign()
  if (!verifyLink(secret, link, Date.now())) throw new Problem(410, 'This link has expired')
}

interface Wanted {
  readonly message: string
  readonly reply: FastifyReply
}

async function sendRaw({ desk }: HttpParts, links: LinkDoor, { message, reply }: Wanted): Promise<FastifyReply> {
  // Looked for first: of a message that is gone `links.raw` may fail instead of saying so.
  const there = (await desk.view(message)) !== null
  const raw = there ? await (links.raw?.(message) ?? desk.raw(message)) : null
  if (raw === null) throw gone()
  reply.type('message/rfc822')
  download(reply, `${fileName(message, 'message')}.eml`)
  return reply.send(Readable.from(raw, { objectMode: false }))
}

async function sendPart({ content }: HttpParts, { message, index, reply }: Wanted & { readonly index: number }): Promise<FastifyReply> {
  const found = await content?.attachment(message, index)
  if (found === undefined || found === null) throw gone()
  return sendAttachment(reply, found, index)
}

const foreign = (): Problem => new Problem(403, 'This link was not made here, or is not whole')
const gone = (): Problem => new Problem(404, 'The message is not kept any more')
