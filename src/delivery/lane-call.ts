/** One call of a lane's processor, and what it tells of the processor's health. */
import type { Delivery, MessageSource, Outcome } from '../transaction/ports.ts'
import { attempt } from './attempt.ts'
import { afterOutcome, type Health, type Pausing } from './circuit.ts'
import type { State } from './lane-state.ts'
import type { LaneOptions } from './options.ts'

const usual: Pausing = { after: 10, longest: 60_000 }
const hangs: Outcome = { kind: 'retry', detail: 'an earlier call for this delivery hangs' }

export async function callProcessor(lane: State, delivery: Delivery): Promise<Outcome> {
  if (lane.calls.has(delivery.id)) return hangs
  const call = attempt(lane.processor, delivery, () => messageOf(lane.options, delivery))
  lane.calls.set(delivery.id, call)
  void call.ended.then(() => lane.calls.delete(delivery.id))
  return call.outcome
}

function messageOf({ spool, traceFields, refine }: LaneOptions, delivery: Delivery): MessageSource {
  const plain = { traceFields: () => traceFields(delivery), raw: () => spool.raw(delivery.message) }
  return refine === undefined ? plain : refine(plain, delivery)
}

/** Takes the outcome of a call into the lane's health, and says so where the processor is paused by it or is well again. */
export function judge(lane: State, outcome: Outcome): void {
  // A lane that was closed says nothing any more: a new configuration begins anew.
  if (outcome === hangs || lane.phase === 'closed') return
  const { clock, random, schedule, pause: pausing = usual } = lane.options
  const before = lane.health
  // What an application asks for is bounded, as it is for a delivery.
  const asked =
    outcome.kind === 'retry' && outcome.after !== undefined ? { ...outcome, after: Math.min(schedule.max, outcome.after) } : outcome
  const at = clock()
  lane.health = afterOutcome(before, asked, { at, random: random(), pausing, concurrency: lane.processor.concurrency })
  tell(lane, before, lane.health)
}

function tell({ name: processor, options: { log } }: State, before: Health, { paused }: Health): void {
  if (paused === null) {
    if (before.paused !== null) log.info({ processor }, 'the processor answers again; its calls are let through by and by')
    return
  }
  const fields = { processor, cause: paused.cause, until: new Date(paused.until).toISOString() }
  if (paused.gone && before.paused?.gone !== true) {
    log.error(fields, 'the processor is gone for good, it says: paused; change its configuration or resume it, its mail is kept meanwhile')
  } else if (before.paused === null) log.warn(fields, 'the calls of a processor failed in a row: paused; it is tried from time to time')
}
