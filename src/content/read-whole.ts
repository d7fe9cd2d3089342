/** A message read into one piece of memory of its own, to be given to a thread: copied once, or not at all where it is too large. */
import { joined } from '../lib/joined.ts'

export type Raw = () => Promise<AsyncIterable<Uint8Array>>

/** `size`: octets that are to be expected; null where nobody knows. null where there are more than `limit`. Rejects as `raw` does. */
export async function readWhole(raw: Raw, size: number | null, limit: number): Promise<Uint8Array<ArrayBuffer> | null> {
  const expected = new Uint8Array(Math.min(size ?? 0, limit))
  // What doesn't fit into what was expected.
  const more: Uint8Array[] = []
  let at = 0
  let rest = 0
  for await (const chunk of await raw()) {
    if (at + rest + chunk.length > limit) return null
    if (rest === 0 && at + chunk.length <= expected.length) {
      expected.set(chunk, at)
      at += chunk.length
    } else {
      more.push(chunk.slice())
      rest += chunk.length
    }
  }
  if (rest > 0) return joined([expected.subarray(0, at), ...more])
  return at === expected.length ? expected : expected.slice(0, at)
}
