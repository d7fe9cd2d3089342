/**
 * Where `postern messages` finds the mail: at the running server by its API, or, where none listens, in the spool itself. One
 * port for both, so that the commands don't know which it is.
 */
import type { Content } from '../../mail/content.ts'
import type { MessageFilter, MessageRow, MessageView, Redelivered, Redelivery } from '../../transaction/desk.ts'

export interface MessagesDesk {
  /** For people: who was asked. */
  readonly where: string
  /** Whether a server is there that goes on with what is queued. */
  readonly running: boolean
  /** At most `filter.limit` rows, or 500; `next` is the `before` of those that follow. */
  list(filter: MessageFilter): Promise<{ readonly messages: readonly MessageRow[]; readonly next: number | null }>
  count(filter: MessageFilter): Promise<number>
  view(id: string): Promise<MessageView | null>
  /** null where nobody is there to parse it. */
  content(id: string): Promise<Content | null>
  raw(id: string): Promise<AsyncIterable<Uint8Array> | null>
  redeliver(id: string, how: Redelivery): Promise<Changed>
  /** One slice of at most 1,000 rows. */
  redeliverMany(filter: MessageFilter, how: Redelivery): Promise<Redelivered>
  close(): Promise<void>
}

/** How many deliveries of a message were changed, or why none was. */
export type Changed = { readonly count: number } | { readonly problem: string }

/** All rows that fit, up to `limit`, fetched as they are used. */
export async function* rows(desk: MessagesDesk, filter: MessageFilter, limit: number): AsyncGenerator<MessageRow> {
  let left = limit
  for (let before: number | null | undefined; before !== null && left > 0; ) {
    const page = await desk.list({ ...filter, limit: Math.min(left, 500), ...(before === undefined ? {} : { before }) })
    yield* page.messages
    left -= page.messages.length
    before = page.next
  }
}

export async function gathered<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const one of source) all.push(one)
  return all
}
