/**
 * What an outcome comes to: outcome → Settlement, for deliveries from the queue and for those whose processor was asked before
 * the reply. Pure: one place says what becomes of mail. The times come from outside.
 * It must not decide what the client is answered: that is the transaction's.
 */
import type { Question, Said } from '../transaction/handoff.ts'
import type { Delivery, Outcome, Settlement } from '../transaction/ports.ts'
import { oneLine } from './outcome.ts'
import { nextAttempt, type Schedule } from './schedule.ts'

export interface Giving {
  readonly schedule: Schedule
  readonly at: number
  readonly random: () => number
}

/** A retry is queued again with its due time, or failed where the schedule has ended. */
export const settlementOf = (delivery: Delivery, outcome: Outcome, giving: Giving): Settlement =>
  answered(outcome, plainSettlement(delivery, outcome, giving))

const answered = (outcome: Outcome | null, settlement: Settlement): Settlement =>
  outcome?.answer === undefined ? settlement : { ...settlement, answer: outcome.answer }

function plainSettlement(delivery: Delivery, outcome: Outcome, { schedule, at, random }: Giving): Settlement {
  if (outcome.kind === 'delivered') return taken(outcome)
  if (outcome.kind === 'failed') return refused(outcome)
  const attempts = delivery.attempts + 1
  const due = nextAttempt(schedule, { attempts, since: delivery.since, at, after: outcome.after }, random)
  if (due === null) return { state: 'failed', detail: `given up after ${attempts} attempts: ${outcome.detail}` }
  return { state: 'queued', due, detail: outcome.detail }
}

function taken({ verdict, detail = '' }: Outcome & { kind: 'delivered' }): Settlement {
  if (verdict === 'hold') return { state: 'held', reason: 'application.held', detail }
  if (verdict === 'discard') return { state: 'discarded', reason: 'application.discarded', detail }
  return { state: 'delivered', detail }
}

const refused = ({ detail, refusal }: Outcome & { kind: 'failed' }): Settlement & { state: 'failed' } =>
  refusal === undefined
    ? { state: 'failed', detail }
    : { state: 'failed', reason: 'application.refused', detail: oneLine(`refused by the application: ${refusal}`) }

/** What came of asking before the reply. */
export interface Told {
  /** null: it was not called in time, and will not be but from the queue. */
  readonly outcome: Outcome | null
  readonly said: Said
}

/**
 * Of the delivery that was asked about. What the application has taken, or has said to hold or discard, stays so whatever the client
 * heard: a re-send is a repeat of it. Else mail that the client heard no 250 for is not ours; but one that came a second time
 * meanwhile, and was answered 250 as a repeat, is, and the spool knows (`dropped`): so a refusal that was heard is dropped too.
 * `delivery` is null where the spool could not give it: then it was not called either.
 */
export const askedSettlement = (delivery: Delivery | null, told: Told, giving: Giving): Settlement =>
  answered(told.outcome, plainAsked(delivery, told, giving))

function plainAsked(delivery: Delivery | null, { outcome, said }: Told, giving: Giving): Settlement {
  if (outcome?.kind === 'delivered') return taken(outcome)
  if (said !== 'kept') return dropped(outcome, { at: againAt(delivery, outcome, giving) })
  if (outcome === null || delivery === null) return { state: 'queued', due: giving.at, detail: outcome?.detail ?? lateDetail }
  return plainSettlement(delivery, outcome, giving)
}

export type OtherSettled = Question['others'][number]['settled']

/** Of the recipient's deliveries for other processors, which waited: they go on unless the application has decided otherwise. */
export function otherSettlement(settled: OtherSettled, { outcome, said }: Told, giving: Giving): Settlement {
  if (outcome?.kind === 'delivered') {
    const own = taken({ ...outcome, detail: '' })
    return own.state === 'delivered' ? goingOn(settled, giving) : own
  }
  if (said !== 'kept') return dropped(outcome, giving)
  if (outcome?.kind === 'failed' && outcome.refusal !== undefined) {
    return { state: 'discarded', reason: 'application.refused', detail: refused(outcome).detail }
  }
  return goingOn(settled, giving)
}

/** As it would have been without anybody asked. */
export const goingOn = (settled: OtherSettled, { at }: Pick<Giving, 'at'>): Settlement =>
  settled === 'queued' ? { state: 'queued', due: at, detail: '' } : { state: 'delivered', detail: '' }

/** Where it is ours all the same: an application that was called and asked for a pause gets it. */
function againAt(delivery: Delivery | null, outcome: Outcome | null, giving: Giving): number {
  if (delivery === null || outcome?.kind !== 'retry') return giving.at
  const settlement = settlementOf(delivery, outcome, giving)
  return settlement.state === 'queued' ? settlement.due : giving.at
}

const lateDetail = 'the processor was not reached before the reply'

function dropped(outcome: Exclude<Outcome, { kind: 'delivered' }> | null, { at }: Pick<Giving, 'at'>): Settlement {
  if (outcome?.kind === 'failed') return { state: 'dropped', reason: 'application.refused', due: at, detail: refused(outcome).detail }
  return { state: 'dropped', reason: 'application.late', due: at, detail: outcome?.detail ?? lateDetail }
}
