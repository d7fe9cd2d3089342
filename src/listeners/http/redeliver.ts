/**
 * Retry, replay, release and discard of one message, for the API and the page's buttons alike: what can't be done is told apart
 * as unknown message, unknown delivery, or nothing in a state that allows it.
 */
import type { Redelivery } from '../../transaction/desk.ts'
import type { DeliveryState } from '../../transaction/ports.ts'
import type { HttpParts } from './options.ts'
import { Problem } from './problem.ts'

export const redeliveries: readonly Redelivery[] = ['retry', 'replay', 'release', 'discard']

/** Those that it can change. `retry` leaves queued ones alone that are due already. */
export const statesFor: Readonly<Record<Redelivery, readonly DeliveryState[]>> = {
  retry: ['failed', 'queued'],
  replay: ['delivered', 'failed'],
  release: ['held', 'discarded'],
  discard: ['queued', 'held', 'failed'],
}

export interface RedeliveryOrder {
  readonly message: string
  readonly how: Redelivery
  readonly delivery: number | undefined
}

/** Resolves to how many deliveries were changed, at least 1. Throws Problem 404 or 409. */
export async function redeliver(
  { desk, notify, log }: Pick<HttpParts, 'desk' | 'notify' | 'log'>,
  { message, how, delivery }: RedeliveryOrder,
): Promise<number> {
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
    const rule = `${how} is for ${new Intl.ListFormat('en').format(allowed)}${how === 'retry' ? ' that wait' : ''}`
    throw new Problem(409, `Nothing to ${how}: ${rule}, found is ${found.join(', ') || 'none'}`, { found, allowed })
  }
  log.info({ message, how, delivery, count }, how === 'discard' ? 'Deliveries discarded by hand' : 'Deliveries queued again by hand')
  if (how === 'discard') return count
  const processors = [...new Set(meant.map(one => one.processor))]
  if (processors.length === 1) notify(processors[0])
  else notify()
  return count
}
