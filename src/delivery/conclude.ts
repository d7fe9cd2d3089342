/** The end of an attempt: counted, logged and written to the spool with the notice that follows it. It must never throw. */
import type { Delivery, Settlement } from '../transaction/ports.ts'
import type { LaneOptions } from './options.ts'
import { type Ending, settle, withFollow } from './settle.ts'
import { count, type Tally } from './tally.ts'

export interface Concluding {
  readonly options: LaneOptions
  readonly tally: Tally
  readonly halt: AbortSignal
  /** There is something new for this processor. */
  notify(processor: string): void
}

/** Resolves to whether the settlement is written. */
export async function conclude(delivery: Delivery, [settlement, outcome]: Ending, parts: Concluding): Promise<boolean> {
  const { log, follow } = parts.options
  return concludeQuietly(delivery, withFollow(delivery, [settlement, outcome], { follow, log }), parts)
}

/** Without a notice: the sender has been told already, or nobody is to be. */
export async function concludeQuietly(delivery: Delivery, settlement: Settlement, parts: Concluding): Promise<boolean> {
  const { tally, halt, notify, options } = parts
  const { spool, log } = options
  count(tally, settlement)
  report(delivery, settlement, parts)
  const written = await settle(delivery, settlement, { spool, log, halt })
  if (written && settlement.state === 'failed' && settlement.follow !== undefined) notify(settlement.follow.processor)
  return written
}

const lines = {
  delivered: ['info', 'delivered'],
  queued: ['warn', 'not delivered; queued again'],
  held: ['info', 'held, as the application said'],
  discarded: ['info', 'discarded, as the application said'],
  failed: ['error', 'not delivered; failed for good, can be replayed'],
  dropped: ['warn', 'not delivered; the client was told to come again'],
} as const

function report(delivery: Delivery, settlement: Settlement, { options }: Concluding): void {
  const { state, detail } = settlement
  const [level, text] = settlement.state === 'failed' && settlement.reason === 'application.refused' ? refusedLine : lines[state]
  const due = settlement.state === 'queued' ? { due: new Date(settlement.due).toISOString() } : {}
  const { id, message, processor, attempts } = delivery
  options.log[level]({ id: message, delivery: id, processor, attempt: attempts + 1, detail, ...due }, text)
}

const refusedLine = ['warn', 'refused by the application'] as const
