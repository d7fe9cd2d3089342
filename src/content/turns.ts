/** At most so many at once, the others in the order in which they came. */
export interface Turns {
  /** Gives what `work` gives, or rejects as it does. */
  take<T>(work: () => Promise<T>): Promise<T>
}

export function createTurns(atOnce: number): Turns {
  const waiting = new Set<() => void>()
  let free = atOnce
  const next = (): void => {
    const [first] = waiting
    if (first === undefined) free++
    else {
      waiting.delete(first)
      first()
    }
  }
  return {
    async take(work) {
      if (free > 0) free--
      else await new Promise<void>(resolve => void waiting.add(resolve))
      try {
        return await work()
      } finally {
        next()
      }
    },
  }
}
