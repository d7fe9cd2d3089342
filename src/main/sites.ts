/**
 * The site in force. A reload puts another in its place; a transaction that is open keeps the one it began with, so the old
 * one's verifiers are closed only when no transaction can need them any more. Each holds connections, or a table of keys: after
 * many reloads in a row the oldest are closed before, and a transaction that still asks them hears “later”.
 */
import type { Site } from '../transaction/site.ts'

export interface OpenSite extends Site {
  /** Closes its verifiers. */
  close(): Promise<void>
}

export interface Sites {
  current(): Site
  /** The old site is closed after `rest` milliseconds, when two later ones are old too, or by `close`. */
  replace(next: OpenSite, rest: number): void
  close(): Promise<void>
}

/** Old sites that are kept at once. */
const mostOld = 2

export function createSites(first: OpenSite): Sites {
  let current = first
  const old = new Map<OpenSite, NodeJS.Timeout>()
  const retire = async (site: OpenSite): Promise<void> => {
    clearTimeout(old.get(site))
    if (old.delete(site)) await site.close()
  }
  return {
    current: () => current,
    replace(next, rest) {
      const site = current
      current = next
      const failed = (error: unknown): void =>
        next.log.error({ err: error }, 'a key verifier of the configuration before could not be closed')
      old.set(site, setTimeout(() => void retire(site).catch(failed), rest).unref())
      for (const oldest of [...old.keys()].slice(0, -mostOld)) void retire(oldest).catch(failed)
    },
    async close() {
      await Promise.allSettled([...[...old.keys()].map(retire), current.close()])
    },
  }
}
