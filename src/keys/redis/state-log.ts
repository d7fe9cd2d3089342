/**
 * What the log is told of a store: changes, never single questions. Down once for each cause, up once, each kind of
 * refused question once while the connection lasts: peers choose what is asked, and must not fill the log.
 */
import type { Log } from '../../transaction/ports.ts'

export interface StateLog {
  down(cause: string): void
  up(): void
  /** The server is well but refuses this question. */
  refused(cause: string): void
}

/** `name` is where the store is, for people. */
export function createStateLog(name: string, log: Log): StateLog {
  const causes = new Set<string>()
  const refusals = new Set<string>()
  return {
    down(cause) {
      if (!causes.has(cause)) log.error({ store: name, cause }, 'keys can’t be checked: the store gives no answer')
      causes.add(cause)
    },
    up() {
      if (causes.size > 0) log.info({ store: name }, 'the key store answers again')
      causes.clear()
      refusals.clear()
    },
    refused(cause) {
      const code = errorCode(cause)
      if (!refusals.has(code)) log.error({ store: name, cause }, 'the key store refuses a question')
      refusals.add(code)
    },
  }
}

/** The first word of what Redis says of an error: WRONGTYPE, LOADING, ERR … */
export const errorCode = (text: string): string => text.split(' ', 1)[0]!
