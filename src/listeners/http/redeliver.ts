/**
 * Replay (delivered, failed) and release (held, discarded), for the API and the page's buttons alike: what can't be done is
 * told apart as unknown message, unknown delivery, or nothing in a state that allows it.
 */
import type { Redelivery } from '../../transaction/desk.ts'
import type { DeliveryState } from '../../transaction/ports.ts'
import type { HttpParts } from './options.ts'
import { Problem } from './problem.ts'

export const statesFor: Readonly<Record<Redelivery, readonly DeliveryState[]>> = {
  replay: ['delivered', 'failed'],
  release: ['held', 'discarded'],
}

export interface RedeliveryOrder {
  readonly message: string
  readonly how: Redelivery
  readonly delivery: number | undefined
}

/** Resolves to how many deliveries were queued, at least 1. Throws Problem 404 or 409. */
export async function redeliver({ desk, notify, log }: HttpParts, { message, how, delivery }: RedeliveryOrder): Promise<number> {
  const view = await desk.view(message)
  if (view === null) throw new Problem(404, 'No message with this id', { id: message })
  // Of a whole message its notices are not meant: nobody is told twice by the way.
  const meant = view.deliveries.filter(one => (delivery === undefined ? one.about === null : one.id === delivery))
  if (meant.length === 0 && delivery !== undefined)
    throw new Problem(404, 'The message has no delivery with this number', { id: message, delivery })
  const count = await desk.redeliver(message, how, delivery)
  if (count === 0) {
    const found = [...new Set(meant.map(one => one.state))]
    const allowed = statesFor[how]
    throw new Problem(409, `Nothing to ${how}: ${how} is for ${allowed.join(' and ')}, found is ${found.join(', ') || 'none'}`, {
      found,
      allowed,
    })
  }
  log.info({ message, how, delivery, count }, 'Deliveries queued again by hand')
  const processors = [...new Set(meant.map(one => one.processor))]
  if (processors.length === 1) notify(processors[0])
  else notify()
  return count
}
