/**
 * Mail handed over before the reply: the processor is called while the client waits, and what becomes of the mail is settled when
 * both are known, the outcome and what the client was answered; what the application has taken is settled at once, whatever the client
 * hears.
 * It must never reject, never call twice, and leave nothing `delivering` unless the program ends: then recovery queues it.
 */
import type { Asked, Handoff, Question, Said } from '../transaction/handoff.ts'
import type { Delivery, Outcome, Settlement } from '../transaction/ports.ts'
import { conclude, concludeQuietly } from './conclude.ts'
import type { Lane } from './lane.ts'
import type { LaneOptions } from './options.ts'
import { settle } from './settle.ts'
import { askedSettlement, goingOn, otherSettlement, type Told } from './settlement.ts'
import type { Tally } from './tally.ts'

export interface HandoffParts {
  readonly options: LaneOptions
  /** The lane of a processor as the configuration stands now. */
  lane(processor: string): Lane | undefined
  tally(processor: string): Tally
  /** Something of this processor is queued, now or for later. */
  queued(processor: string): void
}

export interface OpenHandoff extends Handoff {
  /** Whatever waits for `said` is left `delivering`. */
  abort(): void
  /** Resolves when all that was asked is settled. */
  idle(): Promise<void>
}

/** How long after the deadline it may take until it is said what the client was answered, in milliseconds. */
const saidPatience = 60_000

interface Making extends HandoffParts {
  readonly halt: AbortSignal
}

export function openHandoff(parts: HandoffParts): OpenHandoff {
  const halted = new AbortController()
  const open = new Set<Promise<unknown>>()
  const making: Making = { ...parts, halt: halted.signal }
  return {
    ask(question) {
      const answer = Promise.withResolvers<Outcome | null>()
      const said = Promise.withResolvers<Said>()
      const work = make(making, { question, said: said.promise, answer: answer.resolve })
        .catch((error: unknown) => {
          parts.options.log.error({ delivery: question.delivery, error: String(error) }, 'a question before the reply broke')
          answer.resolve({ kind: 'retry', detail: 'an unexpected error' })
        })
        .finally(() => open.delete(work))
      open.add(work)
      return { outcome: answer.promise, said: said.resolve } satisfies Asked
    },
    release(others) {
      const { clock } = parts.options
      const work = Promise.all(others.map(other => settleOther(making, other, goingOn(other.settled, { at: clock() })))).finally(() =>
        open.delete(work),
      )
      open.add(work)
    },
    abort: () => halted.abort(),
    async idle() {
      while (open.size > 0) await Promise.allSettled(open)
    },
  }
}

interface Asking {
  readonly question: Question
  readonly said: Promise<Said>
  answer(outcome: Outcome | null): void
}

/** `delivery`: null where it was not taken. `ours`: there is something to settle. */
interface Called {
  readonly outcome: Outcome | null
  readonly delivery: Delivery | null
  readonly ours: boolean
}

async function make(parts: Making, { question, said, answer }: Asking): Promise<void> {
  const deadline = parts.options.clock() + question.within
  const timer = setTimeout(answer, question.within, null)
  const called = await callInTime(parts, question, deadline).finally(() => clearTimeout(timer))
  answer(called.outcome)
  const heard = called.outcome?.kind === 'delivered' ? 'kept' : await hear(parts, said, { question, deadline })
  if (heard !== null) await settleAll(parts, { question, called, told: { outcome: called.outcome, said: heard } })
}

const later = (detail: string, delivery: Delivery | null = null, ours = true): Called => ({
  outcome: { kind: 'retry', detail },
  delivery,
  ours,
})

/** Waits for a place until the deadline, and calls the processor there; the call itself may take longer. */
async function callInTime(parts: Making, question: Question, deadline: number): Promise<Called> {
  const { processor } = question
  for (let last: Lane | undefined; ; ) {
    const lane = parts.lane(processor)
    if (lane === undefined) return later('the processor is not in the configuration any more')
    if (lane === last) return later('the program is stopping')
    last = lane
    const grant = await lane.reserve(deadline - parts.options.clock())
    if (grant === 'granted') return callAt(lane, parts, question)
    if (grant === 'late') return { outcome: null, delivery: null, ours: true }
    if (grant === 'paused') return later(`the processor is paused: ${lane.health().paused?.cause ?? ''}`)
  }
}

async function callAt(lane: Lane, { options }: Making, { delivery: id }: Question): Promise<Called> {
  let delivery: Delivery | null = null
  try {
    delivery = await options.spool.take(id, options.clock())
  } catch (error) {
    lane.release()
    options.log.error({ delivery: id, error: String(error) }, 'a delivery could not be taken from the spool')
    return later('the spool could not give the message')
  }
  if (delivery !== null) return { outcome: await lane.call(delivery), delivery, ours: true }
  lane.release()
  return later('the delivery is not under way any more', null, false)
}

/** What the client was answered; null: the program ends, and the next start queues the delivery. Whoever doesn't say is taken to have kept the mail, so that it isn't lost. */
async function hear(parts: Making, said: Promise<Said>, { question, deadline }: { question: Question; deadline: number }) {
  if (parts.halt.aborted) return null
  const { promise, resolve } = Promise.withResolvers<Said | null>()
  const { clock, log } = parts.options
  const ended = (): void => resolve(null)
  parts.halt.addEventListener('abort', ended, { once: true })
  const timer = setTimeout(
    () => {
      log.error({ delivery: question.delivery }, 'nobody said what the client was answered: the mail counts as kept')
      resolve('kept')
    },
    Math.max(0, deadline - clock()) + saidPatience,
  )
  void said.then(resolve)
  return promise.finally(() => {
    clearTimeout(timer)
    parts.halt.removeEventListener('abort', ended)
  })
}

interface Settled {
  readonly question: Question
  readonly called: Called
  readonly told: Told
}

async function settleAll(parts: Making, settled: Settled): Promise<void> {
  const { question, called, told } = settled
  const giving = { ...parts.options, at: parts.options.clock() }
  const others = question.others.map(other => settleOther(parts, other, otherSettlement(other.settled, told, giving)))
  await Promise.all([called.ours ? settleAsked(parts, settled) : undefined, ...others])
}

async function settleAsked(parts: Making, { question, called: { delivery, outcome }, told }: Settled): Promise<void> {
  const { options, halt } = parts
  const { processor } = question
  const settlement = askedSettlement(delivery, told, { ...options, at: options.clock() })
  const concluding = { options, halt, tally: parts.tally(processor), notify: parts.queued }
  if (delivery === null) await settle({ id: question.delivery, message: '', processor }, settlement, { ...options, halt })
  else if (told.said === 'kept' && outcome !== null) await conclude(delivery, [settlement, outcome], concluding)
  else await concludeQuietly(delivery, settlement, concluding)
  if (settlement.state === 'queued' || settlement.state === 'dropped') parts.queued(processor)
}

async function settleOther(parts: Making, { delivery, processor }: Question['others'][number], settlement: Settlement): Promise<void> {
  const { options, halt } = parts
  const written = await settle({ id: delivery, message: '', processor }, settlement, { ...options, halt })
  if (written && (settlement.state === 'queued' || settlement.state === 'dropped')) parts.queued(processor)
}
