/**
 * The desk of the spool itself, for when the server is down: the directory is locked meanwhile, so that none starts over it.
 * What is queued here is delivered when the server runs again.
 */
import { listMessages } from '../../listeners/http/listing.ts'
import { Problem } from '../../listeners/http/problem.ts'
import { redeliver } from '../../listeners/http/redeliver.ts'
import type { Spool } from '../../spool/sqlite/options.ts'
import type { Log } from '../../transaction/ports.ts'
import type { MessagesDesk } from './desk.ts'

export function localDesk(spool: Spool, directory: string, log: Log): MessagesDesk {
  return {
    where: `the spool in ${directory}`,
    running: false,
    list: filter => listMessages(spool, { ...filter, limit: filter.limit ?? 500 }),
    count: filter => spool.count(filter),
    view: id => spool.view(id),
    content: async () => null,
    raw: id => spool.raw(id),
    async redeliver(message, how) {
      try {
        return { count: await redeliver({ desk: spool, notify: () => undefined, log }, { message, how, delivery: undefined }) }
      } catch (error) {
        if (error instanceof Problem) return { problem: error.message }
        throw error
      }
    },
    redeliverMany: (filter, how) => spool.redeliverMany(filter, how),
    close: () => spool.close(),
  }
}
