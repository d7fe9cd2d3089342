/** Whose remembered answers are to be dropped: all, those of one mailbox, of one route, of one key. */
import type { Site } from '../transaction/site.ts'

export interface Forget {
  readonly mailbox?: string
  readonly route?: string
  readonly key?: string
}

/** How many answers were dropped; null where the configuration has no such mailbox or route. */
export function forget(site: Site, { mailbox, route, key }: Forget): number | null {
  const mailboxes = [...site.mailboxes.values()].filter(({ name }) => mailbox === undefined || name === mailbox)
  const routes = mailboxes.flatMap(one => one.routes).filter(({ name }) => route === undefined || name === route)
  if (routes.length === 0) return null
  const count = (one: (typeof routes)[number]): number =>
    one.verifier?.forget?.(one.caseSensitive || key === undefined ? key : key.toLowerCase()) ?? 0
  return routes.reduce((sum, one) => sum + count(one), 0)
}
