/**
 * Takes the Authentication-Results fields that carry our authserv-id out of a message on its way (RFC 8601 5): an application
 * must not read as ours what the sender wrote. Fields go whole, with their folded lines; every other octet passes as it came, and
 * without being copied where nothing has to be looked at again. Bounded memory, linear, the same for any chunking.
 * Looks further than parseHeader does, to the first empty line: some readers go on behind a line that is no field.
 */
import { joined } from '../lib/joined.ts'
import { isOwnResults } from './authentication-results.ts'

export interface ResultsFilter {
  /** What may go on now; parts of `chunk` and of chunks before it, in order. */
  push(chunk: Uint8Array): readonly Uint8Array[]
  /** What is left. */
  end(): readonly Uint8Array[]
}

/** Octets of a field that are looked at: a longer one is decided by its beginning. */
export const lookAhead = 16 * 1024

const tab = 9
const lineFeed = 10
const carriageReturn = 13
const space = 32
const colon = 58
/** Up to here, the octets that are passed over (C0, space, DEL, C1, no-break space) show nothing in any charset in use. */
const lastControl = 0xa0
const fieldName = Uint8Array.from('authentication-results', c => c.charCodeAt(0))
const none: readonly Uint8Array[] = []

/** `start`: at the start of a line that is kept so far. `drop…`: within a field that goes. */
type Place = 'start' | 'line' | 'drop' | 'drop-start' | 'body'

interface Filter {
  readonly hostname: string
  place: Place
  out: Uint8Array[]
}

export function makeResultsFilter(hostname: string): ResultsFilter {
  const filter: Filter = { hostname, place: 'start', out: [] }
  let held: Uint8Array[] = []
  let size = 0
  let wanted = 0
  const run = (chunk: Uint8Array, last: boolean): readonly Uint8Array[] => {
    filter.out = []
    const rest = scan(filter, chunk, last)
    held = rest.length > 0 ? [rest] : []
    size = rest.length
    // What is looked at again is looked at with as much that is new, so that small chunks don't make it quadratic.
    wanted = size + lookAhead
    return filter.out
  }
  return {
    push(chunk) {
      if (filter.place === 'body') return [chunk]
      if (held.length === 0) return chunk.length === 0 ? none : run(chunk, false)
      held.push(chunk)
      size += chunk.length
      return size < wanted ? none : run(joined(held), false)
    },
    end: () => (held.length === 0 ? none : run(joined(held), true)),
  }
}

/** Gives the end of `octets` that can't be decided yet; it begins where a line does. */
function scan(filter: Filter, octets: Uint8Array, last: boolean): Uint8Array {
  /** What is kept and not given out yet begins here. */
  let from = 0
  let at = 0
  const keepUntil = (end: number): void => {
    if (end > from) filter.out.push(octets.subarray(from, end))
  }
  while (at < octets.length && filter.place !== 'body') {
    if (filter.place === 'drop-start') {
      from = at
      filter.place = isWhite(octets[at]) ? 'drop' : 'start'
    }
    if (filter.place === 'start') {
      const look = lookAt(octets, at, last)
      if (look === 'more') {
        keepUntil(at)
        return octets.subarray(at)
      }
      if (look === 'body') filter.place = 'body'
      else if (look === 'line' || !isForged(filter, octets, look)) filter.place = 'line'
      else {
        keepUntil(at)
        filter.place = 'drop'
      }
    } else {
      const feed = octets.indexOf(lineFeed, at)
      at = feed < 0 ? octets.length : feed + 1
      const drops = filter.place === 'drop'
      if (feed >= 0) filter.place = drops ? 'drop-start' : 'start'
      if (drops) from = at
    }
  }
  keepUntil(octets.length)
  return octets.subarray(octets.length)
}

/** A field of the name: where its value begins, and where what is known of it ends. */
interface Candidate {
  readonly start: number
  readonly end: number
  readonly cut: boolean
}

/** What the line at `at` is: the empty line, one of no interest, a field to look into; or more octets must come. */
function lookAt(octets: Uint8Array, at: number, last: boolean): 'body' | 'line' | 'more' | Candidate {
  const first = octets[at]!
  if (first === lineFeed) return 'body'
  if (first === carriageReturn && at + 1 >= octets.length) return last ? 'line' : 'more'
  if (first === carriageReturn && octets[at + 1] === lineFeed) return 'body'
  if (isWhite(first)) return 'line'
  const limit = at + lookAhead
  const name = passOver(octets, at, limit)
  // Whatever is hidden so far behind: nothing that can be read is lost.
  if (name >= limit) return octets.subarray(at, name).every(octet => octet <= lastControl) ? { start: name, end: name, cut: true } : 'line'
  const start = behindName(octets, name)
  if (start < 0) return 'line'
  const end = passOver(octets, start, limit)
  if (end >= limit) return { start: end, end, cut: true }
  if (end >= octets.length) return last ? 'line' : 'more'
  return octets[end] === colon ? valueFrom(octets, { start: end + 1, limit }, last) : 'line'
}

/** Where the name, or as much of it as there is, ends; -1 where another stands. */
function behindName(octets: Uint8Array, at: number): number {
  for (let i = 0; i < fieldName.length; i++) {
    if (at + i >= octets.length) return octets.length
    const octet = octets[at + i]!
    // Bit 5 makes letters lower case; it would make a hyphen of CR.
    if (octet !== fieldName[i] && (octet < 65 || (octet | 32) !== fieldName[i])) return -1
  }
  return at + fieldName.length
}

/**
 * Over what some readers trim off a name, or take for its fold: white space of all kinds, control characters, octets that are no
 * ASCII, and a line's end with white space behind it.
 */
function passOver(octets: Uint8Array, from: number, limit: number): number {
  let i = from
  while (i < octets.length && i < limit && (octets[i]! <= space || octets[i]! > 126)) {
    if (octets[i] === lineFeed && i + 1 < octets.length && !isWhite(octets[i + 1])) break
    i++
  }
  return i
}

function valueFrom(octets: Uint8Array, { start, limit }: { start: number; limit: number }, last: boolean): 'more' | Candidate {
  for (let at = start; ; ) {
    const feed = octets.indexOf(lineFeed, at)
    if (feed >= limit || (feed < 0 && octets.length >= limit)) return { start, end: limit, cut: true }
    if (feed < 0) return last ? { start, end: octets.length, cut: false } : 'more'
    if (feed + 1 >= octets.length) return last ? { start, end: feed, cut: false } : 'more'
    if (!isWhite(octets[feed + 1])) return { start, end: feed, cut: false }
    at = feed + 1
  }
}

const isWhite = (octet: number | undefined): boolean => octet === space || octet === tab

function isForged({ hostname }: Filter, octets: Uint8Array, { start, end, cut }: Candidate): boolean {
  const value = new TextDecoder().decode(octets.subarray(start, end))
  return isOwnResults(value.replace(/\r?\n/g, ''), hostname, cut)
}
