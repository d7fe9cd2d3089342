/**
 * A map with a maximum size: when it is full, the entry that was used least recently goes. For everything whose keys are
 * chosen by a peer, so that memory is bounded by us and not by them.
 */
export interface BoundedMap<K, V> {
  readonly size: number
  /** Counts as a use. */
  get(key: K): V | undefined
  /** Doesn't count as a use. */
  peek(key: K): V | undefined
  set(key: K, value: V): void
  delete(key: K): boolean
  clear(): void
  /** Least recently used first. */
  entries(): IterableIterator<[K, V]>
}

/** `limit` is the most entries kept, at least 1. `evicted` is told of each entry that had to make room. */
export function createBoundedMap<K, V>(limit: number, evicted?: (key: K, value: V) => void): BoundedMap<K, V> {
  if (!Number.isSafeInteger(limit) || limit < 1) throw new Error(`a bounded map needs a size of at least 1, not ${limit}`)
  // A Map keeps its keys in order of insertion: what is used goes out and in again, so the first is the least recently used.
  const map = new Map<K, V>()
  // One iterator for good: it walks on over what is evicted. A new one each time would step over every gap since the start.
  const oldest = map.keys()
  const evict = () => {
    const key = oldest.next().value as K
    const value = map.get(key) as V
    map.delete(key)
    evicted?.(key, value)
  }
  return {
    get size() {
      return map.size
    },
    get(key) {
      const value = map.get(key)
      if (value !== undefined && map.size > 1) {
        map.delete(key)
        map.set(key, value)
      }
      return value
    },
    peek: key => map.get(key),
    set(key, value) {
      if (!map.delete(key) && map.size >= limit) evict()
      map.set(key, value)
    },
    delete: key => map.delete(key),
    clear: () => map.clear(),
    entries: () => map.entries(),
  }
}
