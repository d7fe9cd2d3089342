/**
 * One call of a processor, made safe: whatever the processor does (throws, answers nonsense, never answers), the attempt
 * ends with an outcome, and what is not a clear answer is a retry. It must know nothing of queues.
 */
import type { Delivery, MessageSource, Outcome, Processor } from '../transaction/ports.ts'
import { withAnswer } from './answer.ts'
import { oneLine } from './outcome.ts'
import { withContent } from './with-content.ts'

/** How much longer than its own time-out a call may take before it is taken for hung, in milliseconds. */
export const grace = 2_000
export const defaultTimeout = 60_000

export interface Attempt {
  /** Never rejects. */
  readonly outcome: Promise<Outcome>
  /** Resolves when the processor's call has really ended; for one that hangs that may be never. Never rejects. */
  readonly ended: Promise<unknown>
  abort(): void
}

/** The time-outs begin when `message` has what the processor asks for. */
export function attempt(processor: Processor, delivery: Delivery, message: () => MessageSource): Attempt {
  const controller = new AbortController()
  const limit = (processor.timeout ?? defaultTimeout) + grace
  const { promise: hung, resolve } = Promise.withResolvers<Outcome>()
  let timer: NodeJS.Timeout | undefined
  const late = (): void => {
    resolve({ kind: 'retry', detail: `the processor gave no outcome within ${limit} ms` })
    controller.abort(new Error('hung'))
  }
  const call = (async () => {
    const source = await withContent(message(), processor.content?.() ?? null, controller.signal)
    timer = setTimeout(late, limit)
    return outcomeOf(await processor.deliver(delivery, source, controller.signal))
  })().catch((error: unknown): Outcome => ({ kind: 'retry', detail: oneLine(`the processor threw: ${String(error)}`) }))
  const outcome = Promise.race([call, hung]).finally(() => clearTimeout(timer))
  return { outcome, ended: call, abort: () => controller.abort(new Error('stopping')) }
}

const verdicts = ['accept', 'hold', 'discard'] as const

/** A processor written in plain JavaScript may answer anything; only a clear outcome counts. */
function outcomeOf(value: unknown): Outcome {
  const given = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>
  return withAnswer(clear(given), typeof given.answer === 'string' ? given.answer : '')
}

function clear({ kind, detail, after, verdict, refusal, gone }: Record<string, unknown>): Outcome {
  const text = typeof detail === 'string' ? oneLine(detail) : ''
  if (kind === 'delivered') {
    const known = verdicts.find(one => one === verdict)
    return known === undefined ? { kind, detail: text } : { kind, detail: text, verdict: known }
  }
  if (kind === 'failed') return typeof refusal === 'string' ? { kind, detail: text, refusal: oneLine(refusal) } : { kind, detail: text }
  if (kind !== 'retry') return { kind: 'retry', detail: 'the processor gave no outcome that is one' }
  const pause = typeof after === 'number' && after >= 0 ? { after } : {}
  return { kind, detail: text, ...pause, ...(gone === true ? { gone } : {}) }
}
