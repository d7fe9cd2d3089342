/**
 * Places of a lane for calls that somebody waits for, before the claims. A paused processor has one place at most, for the next
 * try: whoever comes beyond that is told so at once, so that no client waits for an application that is down.
 */
import { type Grant, places, type State, type Waiter } from './lane-state.ts'

export async function reserve(lane: State, within: number): Promise<Grant> {
  if (lane.phase === 'closed') return 'closed'
  if (lane.waiting.length === 0 && places(lane) > 0) {
    lane.tally.taken++
    return 'granted'
  }
  if (lane.health.paused !== null) return 'paused'
  if (within <= 0) return 'late'
  const { promise, resolve } = Promise.withResolvers<Grant>()
  const waiter: Waiter = { grant: resolve }
  lane.waiting.push(waiter)
  const timer = setTimeout(() => {
    const at = lane.waiting.indexOf(waiter)
    if (at >= 0) lane.waiting.splice(at, 1)
    resolve('late')
  }, within)
  return promise.finally(() => clearTimeout(timer))
}

/** Gives free places to those who wait. */
export function serve(lane: State): void {
  if (lane.health.paused !== null) grantAll(lane, 'paused')
  while (lane.waiting.length > 0 && places(lane) > 0) {
    lane.tally.taken++
    lane.waiting.shift()?.grant('granted')
  }
}

export function grantAll(lane: State, what: Grant): void {
  for (const waiter of lane.waiting.splice(0)) waiter.grant(what)
}
