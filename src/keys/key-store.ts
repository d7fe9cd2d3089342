/**
 * Keys packed one behind the other as octets, found by a hash: a map for millions of them. A Map of strings needs twice the
 * memory, all of it walked by the garbage collector again and again. Keys are only added, none is
 * empty, and case counts.
 */

export interface KeyStore<Value> {
  readonly size: number
  /** undefined for a key that isn't there, null for one that was added without a value. */
  get(key: string): Value | null | undefined
  has(key: string): boolean
  /** False, and nothing is changed, for a key that is there already. Throws RangeError for an empty one or one of over `longestKey` octets. */
  add(key: string, value: Value | null): boolean
  /** In the order in which they were added. */
  [Symbol.iterator](): IterableIterator<readonly [key: string, value: Value | null]>
}

/** Octets: no local part is longer than a path, and a key stands in a local part. */
export const longestKey = 512

const blockOctets = 1 << 20
const firstSlots = 1 << 10

export function createKeyStore<Value>(): KeyStore<Value> {
  /** Each key with its length in two octets before it; none lies in two blocks, and length 0 ends a block early. */
  const blocks: Buffer[] = []
  let used = blockOctets
  /** Where keys begin, counted through all blocks, and one more: 0 is a free slot. At most half of them are taken. */
  let slots = new Uint32Array(firstSlots)
  let size = 0
  const values = new Map<string, Value>()
  const scratch = Buffer.alloc(longestKey)

  /** The slot that holds the key in `scratch`, or the free one where it would be. */
  function find(length: number): number {
    const mask = slots.length - 1
    let slot = hash(scratch, 0, length) & mask
    for (; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const at = slots[slot]! - 1
      if (holds(blocks[Math.floor(at / blockOctets)]!, at % blockOctets, length)) return slot
    }
    return slot
  }

  function holds(block: Buffer, at: number, length: number): boolean {
    if (block[at]! * 256 + block[at + 1]! !== length) return false
    for (let i = 0; i < length; i++) if (block[at + 2 + i] !== scratch[i]) return false
    return true
  }

  function grow(): void {
    const larger = new Uint32Array(slots.length * 2)
    const mask = larger.length - 1
    for (const taken of slots) {
      if (taken === 0) continue
      const [block, at] = [blocks[Math.floor((taken - 1) / blockOctets)]!, (taken - 1) % blockOctets]
      const end = at + 2 + block[at]! * 256 + block[at + 1]!
      let slot = hash(block, at + 2, end) & mask
      while (larger[slot] !== 0) slot = (slot + 1) & mask
      larger[slot] = taken
    }
    slots = larger
  }

  function keep(length: number): number {
    // Room for the end, too.
    if (used + 2 + length + 2 > blockOctets) {
      blocks.push(Buffer.alloc(blockOctets))
      used = 0
    }
    const block = blocks[blocks.length - 1]!
    const at = used
    block[at] = length >> 8
    block[at + 1] = length & 0xff
    scratch.copy(block, at + 2, 0, length)
    used += 2 + length
    return (blocks.length - 1) * blockOctets + at
  }

  /** Octets written to `scratch`; -1 for what can be no key here. UTF-8 writes half a surrogate pair as another character. */
  function encode(key: string): number {
    if (key.length > longestKey || !key.isWellFormed()) return -1
    const octets = Buffer.byteLength(key)
    return octets > longestKey ? -1 : scratch.write(key)
  }

  function has(key: string): boolean {
    const length = encode(key)
    return length >= 0 && slots[find(length)] !== 0
  }

  function* each(): IterableIterator<readonly [string, Value | null]> {
    for (const block of blocks) {
      for (let at = 0; block.readUInt16BE(at) > 0; ) {
        const end = at + 2 + block.readUInt16BE(at)
        const key = block.toString('utf8', at + 2, end)
        yield [key, values.get(key) ?? null]
        at = end
      }
    }
  }

  return {
    get size() {
      return size
    },
    [Symbol.iterator]: each,
    has,
    get: key => (has(key) ? (values.get(key) ?? null) : undefined),
    add(key, value) {
      const length = encode(key)
      if (length < 1) throw new RangeError(`a key has 1 to ${longestKey} octets of UTF-8`)
      const slot = find(length)
      if (slots[slot] !== 0) return false
      slots[slot] = keep(length) + 1
      if (value !== null) values.set(key, value)
      if (++size * 2 > slots.length) grow()
      return true
    },
  }
}

/** FNV-1a, its bits mixed once more so that the low ones tell all. What is in the file is the operator's: no seed. */
function hash(octets: Buffer, start: number, end: number): number {
  let sum = 0x811c9dc5
  for (let i = start; i < end; i++) sum = Math.imul(sum ^ octets[i]!, 0x01000193)
  sum = Math.imul(sum ^ (sum >>> 15), 0x2c1b3c6d)
  return (sum ^ (sum >>> 13)) >>> 0
}
