/**
 * Reads the data of one message off the wire (RFC 5321 4.5.2): takes out the transparency dots and finds the end, which is
 * CRLF.CRLF and nothing else, wherever the bytes are cut. A bare CR, bare LF or NUL (RFC 5321 2.3.8) is noted, or made
 * harmless when `normalize` is set: bare LF becomes CRLF, CRs before CRLF go, any other run of bare CRs and each NUL become a space,
 * so that no reader downstream can see a line where there was none. Must not know what a message is.
 */

const CR = 0x0d
const LF = 0x0a
const DOT = 0x2e
const SPACE = 0x20

/** What the bytes so far end with. `cr` and `dotCr` hold a CR that has not been emitted yet. */
type Place = 'line-start' | 'in-line' | 'cr' | 'dot' | 'dot-cr'

export interface DataReader {
  /** Reads from `chunk` at `from`; returns where it stopped: the length, or just behind the end of data. */
  feed(chunk: Buffer, from: number): number
  readonly ended: boolean
  /** A bare CR, bare LF or NUL was seen. */
  readonly flawed: boolean
  /** Octets received, transparency dots and the final line left out. */
  readonly octets: number
}

export function createDataReader(normalize: boolean, emit: (content: Buffer) => void): DataReader {
  let place: Place = 'line-start'
  let ended = false
  let flawed = false
  let octets = 0

  /** Where the stretch begins that has not been put out yet. */
  let start = 0

  /** One chunk: clean stretches are emitted as they stand, the first change in a chunk makes a copy. */
  function feed(chunk: Buffer, from: number): number {
    const out = createOutput(chunk, from)
    const small = smallBytes(chunk)
    let i = from
    start = from
    while (i < chunk.length && !ended) {
      if (place !== 'in-line') i = atEdge(chunk[i]!, i, out)
      else {
        i = small(i)
        if (i >= chunk.length) break
        if (chunk[i] === CR && chunk[i + 1] === LF) {
          i += 2
          // Most lines don't begin with a dot: straight on to the next one.
          if (i >= chunk.length || chunk[i] === DOT) place = 'line-start'
        } else i = atSmall(chunk[i]!, i, out)
      }
    }
    if (!ended) out.copy(start, i)
    const content = out.take()
    if (content !== null) {
      octets += content.length
      emit(content)
    }
    return i
  }

  /** Within a line, at an octet that may be LF, NUL, or a CR that no LF is known to follow. Gives the index of what comes next, as `atEdge` does. */
  function atSmall(byte: number, i: number, out: Output): number {
    if (byte === CR) {
      out.copy(start, i)
      start = i + 1
      place = 'cr'
    } else if (byte === LF || byte === 0) {
      flawed = true
      if (normalize) {
        out.copy(start, i)
        if (byte === LF) out.crlf()
        else out.byte(SPACE)
        start = i + 1
      }
    }
    return i + 1
  }

  /** Around the ends of lines. An index that doesn't move means: the octet is looked at again, from the new place. */
  function atEdge(byte: number, i: number, out: Output): number {
    if (place === 'line-start' && byte === DOT) {
      out.copy(start, i)
      place = 'dot'
    } else if (place === 'line-start' || (place === 'dot' && byte !== CR)) {
      place = 'in-line'
      return i
    } else if (place === 'dot') place = 'dot-cr'
    else if (byte !== LF) return atBareCr(byte, i, out)
    else if (place === 'dot-cr') ended = true
    else {
      out.crlf()
      place = 'line-start'
    }
    start = i + 1
    return start
  }

  /** The CR before this octet was a bare one, or one of several. */
  function atBareCr(byte: number, i: number, out: Output): number {
    flawed = true
    if (byte === CR && normalize) {
      place = 'cr'
      start = i + 1
      return start
    }
    out.byte(normalize ? SPACE : CR)
    place = 'in-line'
    return i
  }

  return {
    feed,
    get ended() {
      return ended
    },
    get flawed() {
      return flawed
    },
    get octets() {
      return octets
    },
  }
}

type Output = ReturnType<typeof createOutput>

/** Gathers stretches of one chunk: a single one stays a view of the chunk, several are joined in a buffer. */
function createOutput(chunk: Buffer, from: number) {
  let viewStart = -1
  let viewEnd = -1
  let joined: Buffer | null = null
  let used = 0

  function join(): Buffer {
    if (joined !== null) return joined
    // Each octet of the chunk may become two (LF to CRLF), and a CR held from the chunk before may come out as CRLF.
    joined = Buffer.allocUnsafeSlow(2 * (chunk.length - from) + 2)
    if (viewStart >= 0) used = chunk.copy(joined, 0, viewStart, viewEnd)
    return joined
  }
  function append(target: Buffer, start: number, end: number): void {
    // Short stretches are what dot-stuffed floods are made of: a loop costs less than a call.
    if (end - start > 24) used += chunk.copy(target, used, start, end)
    else for (let i = start; i < end; i++) target[used++] = chunk[i]!
  }
  return {
    copy(start: number, end: number): void {
      if (start >= end) return
      if (joined === null && viewStart < 0) {
        viewStart = start
        viewEnd = end
      } else if (joined === null && viewEnd === start) viewEnd = end
      else append(join(), start, end)
    },
    byte(value: number): void {
      join()[used++] = value
    },
    crlf(): void {
      const target = join()
      target[used++] = CR
      target[used++] = LF
    },
    take(): Buffer | null {
      if (joined !== null) return used === 0 ? null : joined.subarray(0, used)
      return viewStart < 0 ? null : chunk.subarray(viewStart, viewEnd)
    },
  }
}

/** A finder of the next octet below 0x0e at or after an index: four octets at a time, since lines are long and CRs few. */
function smallBytes(chunk: Buffer): (from: number) => number {
  const end = chunk.length
  const shift = chunk.byteOffset & 3
  const first = shift === 0 ? 0 : 4 - shift
  const words = end - first >= 64 ? new Int32Array(chunk.buffer, chunk.byteOffset + first, (end - first) >> 2) : new Int32Array(0)
  const wordsEnd = first + words.length * 4
  return from => {
    let i = from
    while (i < end) {
      if (i >= first && i < wordsEnd && ((i - first) & 3) === 0) {
        let w = (i - first) >> 2
        while (w < words.length) {
          const word = words[w]!
          if (((word - 0x0e0e0e0e) & ~word & 0x80808080) !== 0) break
          w++
        }
        i = first + w * 4
        if (i >= end) break
      }
      if (chunk[i]! < 0x0e) return i
      i++
    }
    return end
  }
}
