/**
 * Questions that wait for an answer: each ends exactly once, by its answer, by its error, or with all the others when the
 * connection is given up. How many there may be is bounded, and so is how long one waits. Knows nothing of connections.
 */

export interface Flight {
  readonly size: number
  /** Gives what `answer` gives, unless `failAll` comes first. `overdue` is called when that takes longer than the time-out. */
  wait<T>(answer: Promise<T>, overdue: () => void): Promise<T>
  failAll(cause: string): void
  /** Resolves when nothing waits any more. */
  landed(): Promise<void>
}

/** `timeout` in milliseconds. */
export function createFlight(timeout: number): Flight {
  const waiting = new Set<(error: Error) => void>()
  const landings: (() => void)[] = []

  function wait<T>(answer: Promise<T>, overdue: () => void): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    // An answer may lie unread because we ourselves were slow: it is read before the question counts as overdue.
    const late = () => void setImmediate(() => waiting.has(fail) && overdue())
    const timer = setTimeout(late, timeout)
    function fail(error: Error): void {
      end()
      reject(error)
    }
    function end(): void {
      clearTimeout(timer)
      waiting.delete(fail)
      if (waiting.size === 0) for (const landed of landings.splice(0)) landed()
    }
    waiting.add(fail)
    answer.then(
      value => {
        end()
        resolve(value)
      },
      (error: Error) => fail(error),
    )
    return promise
  }

  return {
    get size() {
      return waiting.size
    },
    wait,
    failAll(cause) {
      for (const fail of [...waiting]) fail(new Error(cause))
    },
    landed: () => (waiting.size === 0 ? Promise.resolve() : new Promise(resolve => void landings.push(resolve))),
  }
}
