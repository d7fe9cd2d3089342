/**
 * When a delivery is tried again: exponential back-off with jitter, until the operator's patience ends (RFC 5321 4.5.4.1
 * asks for give-up times of days). Pure: the time and the random number come from outside.
 * It must not decide whether to try again after an answer; that is outcome.ts.
 */

/** All in milliseconds but `factor`. `for` is counted from the first time the delivery was due. */
export interface Schedule {
  readonly first: number
  readonly factor: number
  readonly max: number
  readonly for: number
}

/** An attempt that asks to be made again. */
export interface Tried {
  /** Attempts made, this one included: 1 or more. */
  readonly attempts: number
  /** When the first attempt was due. */
  readonly since: number
  /** The time now. */
  readonly at: number
  /** The pause the application asked for; it may be shorter or longer than ours. */
  readonly after?: number | undefined
}

/** The pause before jitter after that many attempts: first, first × factor, … and never over max. */
export const backOff = (schedule: Schedule, attempts: number): number =>
  Math.min(schedule.max, schedule.first * schedule.factor ** Math.max(0, attempts - 1))

/**
 * When to try again, or null to give up. Our own pause is between a half and the whole of the back-off, so that what failed
 * together doesn't come back together, and never at once. A pause asked for is never cut short but by `max`, and gets up to
 * a quarter more. The last attempt falls on the end of `for` itself; one made at or after the end is not repeated.
 * `random` gives numbers from 0 (included) to 1 (excluded).
 */
export function nextAttempt(schedule: Schedule, tried: Tried, random: () => number): number | null {
  const end = tried.since + schedule.for
  if (tried.at >= end) return null
  const pause =
    tried.after === undefined
      ? backOff(schedule, tried.attempts) * (0.5 + random() / 2)
      : Math.min(schedule.max, tried.after) * (1 + random() / 4)
  return Math.min(end, tried.at + Math.ceil(pause))
}
