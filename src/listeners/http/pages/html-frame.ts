/**
 * HTML that a stranger wrote, for the frame on the message's page. What keeps it in bounds is the answer's own policy (sandbox,
 * nothing remote, no scripts, no forms), which holds wherever it is shown. Beside that, elements of which a browser may look up or
 * dial hosts whatever the policy says lose their names. Inline images (`cid:`, RFC 2392) become data, within a bound.
 */
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Attachment, ParsedContent } from '../../../mail/content.ts'
import { idOf } from '../api.ts'
import type { ContentDoor, HttpParts } from '../options.ts'
import { Problem } from '../problem.ts'
import { readQuery } from '../query.ts'

const policy = [
  'sandbox',
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  'img-src data:',
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'self'",
].join('; ')

/** Images of one message that are fetched, and characters of data that they may add in all. */
const mostImages = 20
const mostData = 6 * 1024 * 1024
const imageTypes: ReadonlySet<string> = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp'])

export function addHtmlFrame(app: FastifyInstance, { content }: HttpParts): void {
  app.get('/messages/:id/html', async (request, reply) => {
    readQuery(request.query, {})
    const found = content === null ? null : await content.view(idOf(request))
    if (content === null || found?.status !== 'parsed' || found.html === null) throw new Problem(404, 'There is no HTML to show here')
    return sendHtml(reply, neutral(await withImages(found, found.html, one => base64(content, idOf(request), one))))
  })
}

function sendHtml(reply: FastifyReply, markup: string): FastifyReply {
  reply.headers({
    'content-security-policy': policy,
    'x-frame-options': 'SAMEORIGIN',
    // A policy says nothing of names that are looked up before anything is fetched.
    'x-dns-prefetch-control': 'off',
    'referrer-policy': 'no-referrer',
  })
  return reply.type('text/html; charset=utf-8').send(markup)
}

/**
 * `<link rel=preconnect>` and `dns-prefetch` dial and ask whatever the policy says, and `<meta>` may switch that on. A start tag is
 * these letters in a row and nothing else (HTML 13.2.5.6), so none is left, however broken the rest is.
 */
export const neutral = (markup: string): string =>
  markup.replace(/<(?=(?:link|meta|base|script|iframe|frame|object|embed|applet|form|portal|fencedframe)(?![a-z0-9]))/gi, '<x-')

type ReadImage = (one: Attachment) => Promise<string | null>

async function base64(content: ContentDoor, id: string, one: Attachment): Promise<string | null> {
  if (one.content !== undefined) return one.content
  const found = await content.attachment(id, one.index)
  return found === null ? null : Buffer.from(found.octets.buffer, found.octets.byteOffset, found.octets.byteLength).toString('base64')
}

/** Linear: white space may be read in one way alone, or a megabyte of it would keep the loop for minutes. */
const reference = /(\b(?:(?:src|background)\s*=|url\()\s*(?:["']\s*)?)cid:([^"'\s<>()]{1,500})/gi

/** The same image many times counts each time: what goes out is bounded. */
export async function withImages({ attachments }: ParsedContent, markup: string, read: ReadImage): Promise<string> {
  const wanted = new Set([...markup.matchAll(reference)].map(match => decoded(match[2]!)))
  const images = attachments
    .filter(one => one.contentId !== null && wanted.has(one.contentId) && imageTypes.has(one.type) && one.size <= mostData * 0.7)
    .slice(0, mostImages)
  const urls = new Map<string, string>()
  let fetched = 0
  for (const one of images) {
    const data = fetched + one.size * 1.4 > mostData ? null : await read(one)
    if (data === null) continue
    fetched += data.length
    urls.set(one.contentId!, `data:${one.type};base64,${data}`)
  }
  let added = 0
  return markup.replace(reference, (whole, before: string, id: string) => {
    const url = urls.get(decoded(id))
    if (url === undefined || added + url.length > mostData) return whole
    added += url.length
    return `${before}${url}`
  })
}

function decoded(id: string): string {
  try {
    return decodeURIComponent(id.replaceAll('&amp;', '&'))
  } catch {
    return id
  }
}
