/** What people may see inside a message, on the page and by links: read as processors get it, without fields that somebody wrote in our name. */
import { messageSource } from '../delivery/message-source.ts'
import type { Links } from '../lib/attachment-link.ts'
import type { ContentDoor, LinkDoor } from '../listeners/http/options.ts'
import type { Content } from '../mail/content.ts'
import type { SpoolDesk } from '../transaction/desk.ts'
import type { Contents } from './contents.ts'

export interface InsideParts {
  readonly desk: SpoolDesk
  readonly contents: Contents
  readonly hostname: string
}

/** No attachment in it, and no link: who looks is inside already. */
const options = { inline: 0, larger: 'omit' } as const

export function contentDoor({ desk, contents, hostname }: InsideParts): ContentDoor {
  const raw = (id: string) => async () => (await rawOf(desk, hostname, id)) ?? nothing()
  return {
    async view(id) {
      const message = await desk.view(id)
      if (message === null) return null
      const { size, received } = message
      return JSON.parse(Buffer.from(await contents.read(raw(id), { id, size, received }, options)).toString()) as Content
    },
    attachment: (id, index) => contents.attachment(raw(id), index),
  }
}

export const linkDoor = ({ desk, hostname }: Omit<InsideParts, 'contents'>, links: Links | null): LinkDoor | null =>
  links === null ? null : { secret: links.secret, raw: id => rawOf(desk, hostname, id) }

async function rawOf(desk: SpoolDesk, hostname: string, id: string): Promise<AsyncIterable<Uint8Array> | null> {
  const raw = await desk.raw(id)
  return raw === null ? null : messageSource({ hostname, traceFields: () => '', raw: async () => raw }).raw()
}

/** Gone between two looks at it. */
async function* nothing(): AsyncGenerator<Uint8Array> {}
