/**
 * The hash of a message's body in both canonicalisations (RFC 6376 3.4.3, 3.4.4, l= of 3.5), octet by octet with a few octets of
 * state, where mailauth keeps the unfinished line and reads it again with every piece (quadratic for one endless line). Takes bodies
 * whose lines end with CRLF.
 */
import { createHash, type Hash } from 'node:crypto'
import type { BodyHash } from './mailauth.ts'

const tab = 9
const lineFeed = 10
const carriageReturn = 13
const space = 32

const lineEnds = Buffer.alloc(8192, '\r\n')

/** What both have in common: how much is hashed, and how much there was. `most`: l=, or '' where there is none. */
interface Sink {
  readonly hash: Hash
  total: number
  hashed: number
  put(octets: Uint8Array): void
  /** So many CRLF. */
  putLines(count: number): void
}

function createSink(algorithm: string, most: number | ''): Sink {
  const sink: Sink = {
    hash: createHash(algorithm),
    total: 0,
    hashed: 0,
    put(octets) {
      sink.total += octets.length
      const room = most === '' ? octets.length : Math.min(octets.length, most - sink.hashed)
      if (room <= 0) return
      sink.hashed += room
      sink.hash.update(room === octets.length ? octets : octets.subarray(0, room))
    },
    putLines(count) {
      for (let left = count * 2; left > 0; left -= lineEnds.length)
        sink.put(left >= lineEnds.length ? lineEnds : lineEnds.subarray(0, left))
    },
  }
  return sink
}

export function createBodyHash(canonicalization: string, algorithm: string, most: number | ''): BodyHash {
  const sink = createSink(algorithm, most)
  const canon = canonicalization === 'relaxed' ? relaxed(sink) : simple(sink)
  let length = 0
  return {
    get byteLength() {
      return length
    },
    get canonicalizedLength() {
      return sink.total
    },
    get bodyHashedBytes() {
      return sink.hashed
    },
    update(chunk) {
      length += chunk.length
      canon.update(chunk)
    },
    digest(encoding) {
      canon.end()
      return sink.hash.digest(encoding)
    },
    setContentType() {},
    getMimeStructureStart: () => 0,
  }
}

interface Canon {
  update(chunk: Uint8Array): void
  end(): void
}

/** Empty lines at the end are held back until something follows. */
function simple(sink: Sink): Canon {
  let lines = 0
  let carriage = false
  const flush = (): void => {
    sink.putLines(lines)
    lines = 0
  }
  return {
    update(chunk) {
      if (chunk.length === 0) return
      let start = 0
      if (carriage && chunk[0] === lineFeed) {
        lines++
        start = 1
      } else if (carriage) {
        flush()
        sink.put(lineEnds.subarray(0, 1))
      }
      let end = chunk.length
      carriage = end > start && chunk[end - 1] === carriageReturn
      if (carriage) end--
      let trailing = 0
      while (end - start >= 2 && chunk[end - 1] === lineFeed && chunk[end - 2] === carriageReturn) {
        end -= 2
        trailing++
      }
      if (end > start) {
        flush()
        sink.put(chunk.subarray(start, end))
      }
      lines += trailing
    },
    end() {
      if (carriage) {
        flush()
        sink.put(lineEnds.subarray(0, 1))
      }
      sink.putLines(1)
    },
  }
}

/** White space shrinks to one space, goes at the end of a line, and so do empty lines at the end. */
function relaxed(sink: Sink): Canon {
  let lines = 0
  let white = false
  let carriage = false
  let out = new Uint8Array(0)
  let used = 0
  const flush = (): void => {
    sink.put(out.subarray(0, used))
    used = 0
  }
  /** Before an octet that stays. */
  const held = (): void => {
    if (lines > 0) {
      if (lines > 2) {
        flush()
        sink.putLines(lines)
      } else for (let i = 0; i < lines; i++, used += 2) out.set(pair, used)
      lines = 0
    }
    if (white) out[used++] = space
    white = false
  }
  return {
    update(chunk) {
      // What is held adds at most two line ends, a space and a CR to what comes out of this chunk.
      if (out.length < chunk.length + 8) out = new Uint8Array(chunk.length + 8)
      for (let i = 0; i < chunk.length; i++) {
        const octet = chunk[i]!
        if (octet > space && !carriage && !white && lines === 0) {
          out[used++] = octet
          continue
        }
        if (carriage) {
          carriage = false
          if (octet === lineFeed) {
            lines++
            white = false
            continue
          }
          held()
          out[used++] = carriageReturn
        }
        if (octet === carriageReturn) carriage = true
        else if (octet === space || octet === tab) white = true
        else {
          held()
          out[used++] = octet
        }
      }
      flush()
    },
    end() {
      if (out.length < 8) out = new Uint8Array(8)
      if (carriage) {
        held()
        out[used++] = carriageReturn
        flush()
      }
      if (sink.total > 0) sink.putLines(1)
    },
  }
}
const pair = Uint8Array.of(carriageReturn, lineFeed)
