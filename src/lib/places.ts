/** So many at once, whoever waits in the order of coming: threads that take one task each, programs that run. */
export interface Places {
  /** Resolves to what gives the place back, to be called once; rejects, and takes none, where `signal` fires first. */
  take(signal?: AbortSignal): Promise<() => void>
  /** The same at once, or null where no place is free. */
  takeNow(): (() => void) | null
}

export function places(count: number): Places {
  let free = count
  const waiting = new Set<() => void>()
  const giveBack = (): void => {
    const [next] = waiting
    if (next === undefined) free++
    else next()
  }
  const takeNow = (): (() => void) | null => {
    if (free === 0) return null
    free--
    return giveBack
  }
  return {
    takeNow,
    async take(signal) {
      signal?.throwIfAborted()
      const now = takeNow()
      if (now !== null) return now
      const { promise, resolve, reject } = Promise.withResolvers<() => void>()
      const mine = (): void => {
        waiting.delete(mine)
        signal?.removeEventListener('abort', leave)
        resolve(giveBack)
      }
      const leave = (): void => {
        waiting.delete(mine)
        reject(signal?.reason)
      }
      waiting.add(mine)
      signal?.addEventListener('abort', leave, { once: true })
      return promise
    },
  }
}

/** Gives what `work` gives, or rejects as it does; it begins at once, or when a place is free, which is free again when it has ended. */
export async function placed<T>(at: Places, work: () => Promise<T>): Promise<T> {
  const giveBack = at.takeNow() ?? (await at.take())
  try {
    return await work()
  } finally {
    giveBack()
  }
}
