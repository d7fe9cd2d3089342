/**
 * A check on its way through the pool.
 */
import type { MessageOctets } from '../transaction/ports.ts'
import type { Feed } from './octets.ts'
import type { Reply, Request } from './wire.ts'

export type Answer = Extract<Reply, { kind: 'spf' | 'message' }>

export interface Job {
  /** The octets are copied here, when a thread has room. */
  begin(id: number): { readonly request: Request; readonly transfer: readonly ArrayBuffer[] }
  /** Of a message that goes in pieces: it can't be tried again. */
  readonly octets: MessageOctets | null
  /** What it holds of a thread's memory, against PoolOptions.each. */
  readonly weight: number
}

export interface Task {
  readonly job: Job
  /** Null: there is no answer. */
  readonly done: (answer: Answer | null) => void
  tries: number
  /** When it last gave a sign of life; monotonic milliseconds. */
  seen: number
  feed: Feed | null
}

export function settle(task: Task, answer: Answer | null): void {
  task.feed?.stop()
  task.done(answer)
}

export const monotonic = (): number => performance.now()
