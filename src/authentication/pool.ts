/**
 * Checks handed to threads: each to the one with least to do, so much at once to each that their waits for the DNS overlap, the rest
 * waiting here without a copy of their octets, and not for ever. Never rejects; `null` is "no answer".
 */
import { createMember, type Member } from './member.ts'
import { type Answer, type Job, monotonic, settle, type Task } from './task.ts'
import type { ThreadParts } from './thread.ts'

export interface PoolOptions extends ThreadParts {
  readonly threads: number
  /** The weight of the checks in one thread from which on it gets no more. */
  readonly each: number
  /** Milliseconds without a sign of life after which a check is given up, in a thread or before it. */
  readonly patience: number
}

export interface Pool {
  /** Resolves when a thread is ready. */
  ready(): Promise<void>
  run(job: Job): Promise<Answer | null>
  close(): Promise<void>
}

/** How often it is looked whether something hangs. */
const lookEvery = 500

export function createPool({ threads, each, patience, ...thread }: PoolOptions): Pool {
  // A Set keeps the order, and lets go of any of its members at once.
  const queue = new Set<Task>()
  let running = 0
  let lastId = 0
  let watch: NodeJS.Timeout | undefined
  let closed = false
  const becameReady = Promise.withResolvers<void>()
  const parts = {
    ...thread,
    nextId: () => ++lastId,
    freed() {
      becameReady.resolve()
      flow()
    },
    again: (task: Task) => void queue.add(task),
  }
  const members: readonly Member[] = Array.from({ length: threads }, () => createMember(parts))

  function flow(): void {
    for (const task of queue) {
      const member = members.reduce((best, next) => (next.load < best.load ? next : best))
      if (member.load >= each) return
      queue.delete(task)
      member.give(task)
    }
  }
  function look(): void {
    const oldest = monotonic() - patience
    for (const task of queue) {
      if (task.seen > oldest) continue
      queue.delete(task)
      settle(task, null)
    }
    for (const member of members) member.endIfHung(oldest)
  }
  function ended(): void {
    running--
    if (running > 0) return
    clearInterval(watch)
    watch = undefined
  }

  return {
    ready: () => becameReady.promise,
    run(job) {
      if (closed) return Promise.resolve(null)
      watch ??= setInterval(look, lookEvery)
      running++
      return new Promise(resolve => {
        const done = (answer: Answer | null): void => {
          ended()
          resolve(answer)
        }
        queue.add({ job, done, tries: 0, seen: monotonic(), feed: null })
        flow()
      })
    },
    async close() {
      closed = true
      for (const task of queue) settle(task, null)
      queue.clear()
      await Promise.all(members.map(member => member.close()))
      becameReady.resolve()
    },
  }
}
