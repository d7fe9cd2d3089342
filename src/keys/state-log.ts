/**
 * What the log hears of a store: when it begins to give no answers, and when it answers again. Never a line for each
 * question, and never more than a pair in ten seconds, so that whoever sends many questions can't fill the log.
 */
import type { Log } from '../transaction/ports.ts'

export interface StateLog {
  answered(): void
  failed(cause: string): void
}

/** Milliseconds between two lines that say that it fails, and between two with different causes while it does. */
const calm = 10_000
const causeCalm = 60_000

/** `store` names it for people: no secret in it. `now`: milliseconds of a clock that no one sets. */
export function stateLog(store: string, log: Log, now: () => number = () => performance.now()): StateLog {
  let failures = 0
  let since = 0
  let said: string | null = null
  let saidAt = Number.NEGATIVE_INFINITY
  return {
    answered() {
      if (failures === 0) return
      if (said !== null) log.info({ store, failures, ms: Math.round(now() - since) }, 'the key store answers again')
      failures = 0
      said = null
    },
    failed(cause) {
      if (failures++ === 0) since = now()
      if (said === cause || now() - saidAt < (said === null ? calm : causeCalm)) return
      said = cause
      saidAt = now()
      log.error({ store, cause }, 'a key could not be checked: mail for such keys is deferred')
    },
  }
}
