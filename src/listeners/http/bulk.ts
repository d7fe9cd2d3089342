/**
 * Retry, replay, release and discard of all that a filter fits, a slice a request: whoever asks goes on with `next`, so that no
 * request takes long and none holds up new mail. Notices are left out: nobody is told twice by the way.
 */
import type { FastifyInstance } from 'fastify'
import type { MessageFilter, Redelivered, Redelivery } from '../../transaction/desk.ts'
import { filterParameters, messageParameters } from './listing.ts'
import type { HttpParts } from './options.ts'
import { Problem } from './problem.ts'
import { integer, readQuery } from './query.ts'
import { redeliveries, statesFor } from './redeliver.ts'

/** Rows that one slice looks at, at most. */
export const sliceRows = 1_000

export function addBulk(app: FastifyInstance, parts: HttpParts): void {
  for (const how of redeliveries) {
    app.post(`/api/messages/${how}`, async request => {
      const { limit, before, ...filter } = readQuery(request.query, { ...messageParameters, limit: integer(1, sliceRows) })
      requireFilter(how, filter)
      return slice(parts, how, { ...filter, limit: limit ?? sliceRows, ...(before === undefined ? {} : { before }) })
    })
  }
}

/** Throws Problem 400 where nothing says which are meant, and 409 where none of that state can be changed. */
export function requireFilter(how: Redelivery, filter: MessageFilter): void {
  const allowed = statesFor[how]
  if (Object.keys(filter).length === 0)
    throw new Problem(400, `Say which deliveries are meant, for example state=${allowed[0]}`, { allowed: Object.keys(filterParameters) })
  if (filter.state !== undefined && !allowed.includes(filter.state))
    throw new Problem(409, `Nothing to ${how}: ${how} is for ${new Intl.ListFormat('en').format(allowed)}, not for ${filter.state}`, {
      found: filter.state,
      allowed,
    })
}

export async function slice({ desk, notify, log }: HttpParts, how: Redelivery, filter: MessageFilter): Promise<Redelivered> {
  const done = await desk.redeliverMany(filter, how)
  if (done.changed === 0) return done
  log.info({ how, looked: done.looked, changed: done.changed, before: filter.before ?? null }, 'Deliveries changed by hand, by a filter')
  if (how !== 'discard') notify(filter.processor)
  return done
}
