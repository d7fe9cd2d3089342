/** The reader of bounces, loaded with its worker thread when the first one is to be read: most configurations want none. */
import type { Bounce } from '../mail/delivery-status.ts'
import type { Log } from '../transaction/ports.ts'

export interface Bounces {
  read(raw: AsyncIterable<Uint8Array>): Promise<Bounce | null>
  close(): Promise<void>
}

/** A bounce is a few kilobytes; what takes more than this is none that anybody can use. */
const budget = { timeout: 10_000, memory: 64 * 1024 * 1024 } as const

export function bouncesOnDemand(log: Log): Bounces {
  let opened: Promise<Bounces> | null = null
  const open = async (): Promise<Bounces> => (await import('../content/bounce-reader.ts')).openBounceReader({ ...budget, log })
  return {
    async read(raw) {
      // What can't be opened now is tried again with the next one.
      opened ??= open().catch((error: unknown) => {
        opened = null
        throw error
      })
      return (await opened).read(raw)
    },
    async close() {
      await opened?.then(
        one => one.close(),
        () => {},
      )
    },
  }
}
