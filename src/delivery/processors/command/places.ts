/** So many at once, whoever waits in the order of coming: a place is given back when a program has really ended. */
export interface Places {
  /** Resolves to what gives the place back, to be called once; rejects, and takes none, where `signal` fires first. */
  take(signal: AbortSignal): Promise<() => void>
}

export function places(count: number): Places {
  let free = count
  const waiting = new Set<() => void>()
  const giveBack = (): void => {
    const [next] = waiting
    if (next === undefined) free++
    else next()
  }
  return {
    async take(signal) {
      signal.throwIfAborted()
      if (free > 0) {
        free--
        return giveBack
      }
      const { promise, resolve, reject } = Promise.withResolvers<() => void>()
      const mine = (): void => {
        waiting.delete(mine)
        signal.removeEventListener('abort', leave)
        resolve(giveBack)
      }
      const leave = (): void => {
        waiting.delete(mine)
        reject(signal.reason)
      }
      waiting.add(mine)
      signal.addEventListener('abort', leave, { once: true })
      return promise
    },
  }
}
