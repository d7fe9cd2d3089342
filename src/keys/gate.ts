/**
 * The gate before a key store: so many questions at once, a bounded line behind them, and a time-out for each question as
 * a whole. After several questions in a row that found nobody, it answers `unavailable` at once and lets one question
 * through now and then: a store that hangs must not make every mail transaction hang. It never rejects.
 */
import type { KeyCheck, Log } from '../transaction/ports.ts'
import { stateLog } from './state-log.ts'

export interface GateOptions {
  /** The store's name for log and causes: no secret in it. */
  readonly store: string
  /** Questions asked at once. */
  readonly concurrency: number
  /** Milliseconds for a question, its time in the line included. */
  readonly timeout: number
  readonly log: Log
  /** Questions that may wait for their turn; 1,000 unless told. */
  readonly waiting?: number
}

/** `lost`: nobody answered, so the next question would likely fare the same. A wrong answer is an answer. null: who knows. */
export interface Asked {
  readonly check: KeyCheck
  readonly lost: boolean | null
}

export interface Gate {
  /** Calls `question` when it is its turn. The signal fires when its time is over, or the gate is closed. */
  ask(question: (signal: AbortSignal) => Promise<Asked>): Promise<KeyCheck>
  /** Answers all that wait, and all later ones, with `unavailable`. */
  close(): void
}

interface Turn {
  readonly question: (signal: AbortSignal) => Promise<Asked>
  readonly cut: AbortController
  readonly timer: NodeJS.Timeout
  readonly resolve: (check: KeyCheck) => void
  over: boolean
  /** The question has ended by itself. */
  done: boolean
  /** When its turn came; 0 before. */
  since: number
}

/** So many lost questions in a row, and the store counts as down. */
const lostLimit = 3
/** Milliseconds between two questions to a store that is down. */
const pause = 500

/** Throws RangeError for a concurrency or a time-out out of range. */
export function createGate({ store, concurrency, timeout, log, waiting = 1000 }: GateOptions): Gate {
  if (!(Number.isInteger(concurrency) && concurrency > 0))
    throw new RangeError(`a key store is asked 1 or more at once, not ${concurrency}`)
  if (!(timeout > 0 && timeout < 2 ** 31)) throw new RangeError(`a time-out is a positive number of milliseconds, not ${timeout}`)
  const state = stateLog(store, log)
  const health = createHealth()
  const line = new Set<Turn>()
  const asked = new Set<Turn>()
  let closed = false
  let down = unavailable(`${store} gives no answers`)

  function end(turn: Turn, { check, lost }: Asked): void {
    if (turn.over) return
    turn.over = true
    clearTimeout(turn.timer)
    line.delete(turn)
    const wasAsked = asked.delete(turn)
    turn.resolve(check)
    // Only where it still runs: an abort costs more than the rest of a turn.
    if (!turn.done) turn.cut.abort()
    if (closed) return
    if (check.kind === 'unavailable') failed(check)
    else state.answered()
    if (!wasAsked) return
    if (lost === true) health.lost()
    else if (lost === false) health.reached()
    if (health.down()) for (const other of line) end(other, { check: down, lost: null })
    next()
  }

  /** Whoever is asked has less time left than whoever waits, so each gets a turn; one that came late proves nothing about the store. */
  function late({ since }: Turn): Asked {
    const enough = performance.now() - since >= timeout / 2
    const cause = enough ? `no answer from ${store} within ${timeout} ms` : `the turn to ask ${store} came too late for its ${timeout} ms`
    return { check: unavailable(cause), lost: enough ? true : null }
  }

  function failed(check: Unavailable): void {
    if (check === down) return
    state.failed(check.cause)
    down = unavailable(`${store} gives no answers and is asked only every ${pause} ms; the last time: ${check.cause}`)
  }

  function next(): void {
    for (const turn of line) {
      if (asked.size >= concurrency) return
      begin(turn)
    }
  }

  function begin(turn: Turn): void {
    line.delete(turn)
    asked.add(turn)
    turn.since = performance.now()
    const done = (answer: Asked) => {
      turn.done = true
      end(turn, answer)
    }
    turn.question(turn.cut.signal).then(done, error => done({ check: unavailable(`unexpected: ${messageOf(error)}`), lost: null }))
  }

  const full = unavailable(`${waiting} questions wait for ${store} already`)

  return {
    ask(question) {
      if (closed) return Promise.resolve(shut)
      if (!health.mayAsk()) return Promise.resolve(down)
      if (asked.size >= concurrency && line.size >= waiting) {
        failed(full)
        return Promise.resolve(full)
      }
      return new Promise(resolve => {
        const timer = setTimeout(() => end(turn, late(turn)), timeout)
        const turn: Turn = { question, cut: new AbortController(), timer, resolve, over: false, done: false, since: 0 }
        if (asked.size < concurrency) begin(turn)
        else line.add(turn)
      })
    },
    close() {
      closed = true
      for (const turn of [...asked, ...line]) end(turn, { check: shut, lost: null })
    },
  }
}

interface Health {
  /** Whether a question may be asked now. A yes while the store is down takes the one place there is. */
  mayAsk(): boolean
  down(): boolean
  lost(): void
  reached(): void
}

function createHealth(): Health {
  let inARow = 0
  let next = 0
  const down = () => inARow >= lostLimit
  return {
    down,
    mayAsk() {
      if (!down()) return true
      const now = performance.now()
      if (now < next) return false
      next = now + pause
      return true
    },
    lost() {
      if (++inARow === lostLimit) next = performance.now() + pause
    },
    reached() {
      inARow = 0
    },
  }
}

type Unavailable = Extract<KeyCheck, { kind: 'unavailable' }>

export const unavailable = (cause: string): Unavailable => ({ kind: 'unavailable', cause })

const shut = unavailable('the server is stopping')

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
