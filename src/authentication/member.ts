/**
 * A checking thread with the checks it has under way. A thread that is lost answers nothing: its checks are given up. One that hangs
 * is ended: what was in it too long is given up, what was beside it goes back to be tried once more.
 */
import { startFeed } from './octets.ts'
import { monotonic, settle, type Task } from './task.ts'
import { startThread, type ThreadParts } from './thread.ts'
import type { Reply } from './wire.ts'

export interface MemberParts extends ThreadParts {
  readonly nextId: () => number
  /** There is room for checks again. */
  readonly freed: () => void
  readonly again: (task: Task) => void
}

export interface Member {
  /** The weight of its checks; Infinity while it takes none. */
  readonly load: number
  give(task: Task): void
  /** Ends the thread if a check has given no sign of life since then. */
  endIfHung(since: number): void
  close(): Promise<void>
}

export function createMember(parts: MemberParts): Member {
  const { log } = parts
  const tasks = new Map<number, Task>()
  let weight = 0
  let hung = false
  const thread = startThread(parts, { ready: parts.freed, reply: replied, lost })

  function remove(id: number): boolean {
    weight -= tasks.get(id)?.job.weight ?? 0
    return tasks.delete(id)
  }
  function replied(reply: Reply): void {
    const task = 'id' in reply ? tasks.get(reply.id) : undefined
    if (reply.kind === 'log') log.warn(reply.fields, reply.text)
    if (task === undefined || reply.kind === 'log' || reply.kind === 'ready') return
    task.seen = monotonic()
    if (reply.kind === 'taken') {
      task.feed?.taken()
      return
    }
    remove(reply.id)
    if (reply.kind === 'failed') log.error({ error: reply.error }, 'authentication: a check failed')
    settle(task, reply.kind === 'failed' ? null : reply)
    parts.freed()
  }
  function lost(): void {
    const left = [...tasks.values()]
    tasks.clear()
    weight = 0
    for (const task of left) {
      if (hung && task.tries < 2 && task.job.octets === null) parts.again(task)
      else settle(task, null)
    }
    hung = false
  }
  function feed(id: number, task: Task): void {
    if (task.job.octets === null) return
    task.feed = startFeed(task.job.octets, {
      piece(octets) {
        task.seen = monotonic()
        thread.send({ kind: 'piece', id, octets }, [octets])
      },
      end: () => thread.send({ kind: 'end', id }),
      failed(error) {
        log.error({ err: error }, 'authentication: a message could not be read for its check')
        if (remove(id)) settle(task, null)
        thread.send({ kind: 'broken', id })
        parts.freed()
      },
    })
  }

  return {
    get load() {
      return thread.up && !hung ? weight : Number.POSITIVE_INFINITY
    },
    give(task) {
      const id = parts.nextId()
      task.seen = monotonic()
      task.tries++
      tasks.set(id, task)
      weight += task.job.weight
      try {
        const { request, transfer } = task.job.begin(id)
        thread.send(request, transfer)
        feed(id, task)
      } catch (error) {
        log.error({ err: error }, 'authentication: a check could not be begun')
        remove(id)
        settle(task, null)
      }
    },
    endIfHung(since) {
      const late = [...tasks].filter(([, task]) => task.seen <= since && task.feed?.starved !== true)
      if (late.length === 0 || hung) return
      log.error({ checks: late.length }, 'authentication: a checking thread hangs; ending it')
      for (const [id, task] of late) {
        remove(id)
        settle(task, null)
      }
      hung = true
      thread.kill()
    },
    close() {
      for (const task of tasks.values()) settle(task, null)
      tasks.clear()
      weight = 0
      return thread.close()
    },
  }
}
