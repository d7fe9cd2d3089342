/**
 * The data of one message on its way to the spool: counts it, keeps its beginning for the header, and passes it on as it
 * comes, so that memory stays bounded whatever the size. Bytes over the size limit are read and forgotten.
 */
import { atEndOfData, headLimit } from './at-end-of-data.ts'
import { type EndOfData, unkept } from './commit.ts'
import type { Site } from './site.ts'
import type { Transaction } from './transaction.ts'

export interface Intake {
  /** `chunk` belongs to the intake from now on. A promise means: wait before the next one. */
  write(chunk: Uint8Array): void | Promise<void>
  /** After the end of data; `flawed` tells of bare CR, bare LF or NUL. Never rejects for what the spool answers. */
  end(flawed: boolean): Promise<EndOfData>
  /** The client went away, or took too long: nothing is kept. */
  abort(): void
}

/** Throws SpoolUnavailable where the spool can't take anything now. */
export function openIntake(site: Site, transaction: Transaction): Intake {
  const sink = site.spool.open()
  const head = createHead()
  let octets = 0
  let failure: unknown = null
  let aborted = false

  /** Once; a sink that fails to give up has nothing that could be kept. */
  function abort(): void {
    if (aborted) return
    aborted = true
    try {
      sink.abort()
    } catch (error) {
      site.log.error({ id: transaction.id, err: error }, 'the spool failed to forget a message')
    }
  }
  /** The rest of the message is read all the same: only behind its end can the client be told. */
  function fail(error: unknown): void {
    failure ??= error ?? new Error('unknown failure of the spool')
    abort()
  }
  return {
    write(chunk) {
      head.add(chunk)
      const room = site.limits.messageSize - octets
      octets += chunk.length
      if (room <= 0 || failure !== null) return
      try {
        return sink.write(chunk.length <= room ? chunk : chunk.subarray(0, room))?.catch(fail)
      } catch (error) {
        fail(error)
      }
    },
    async end(flawed) {
      if (failure !== null) return { verdicts: unkept(site, transaction, failure), kept: false }
      const oversize = octets > site.limits.messageSize
      return atEndOfData(site, transaction, { head: head.bytes(), octets, flawed, oversize, sink })
    },
    abort,
  }
}

/** The message's beginning. A message in one chunk is looked at where it lies; from a longer one the head is copied. */
function createHead() {
  let first: Uint8Array | null = null
  let copy: Uint8Array | null = null
  let used = 0

  function append(target: Uint8Array, chunk: Uint8Array): void {
    const part = chunk.length > headLimit - used ? chunk.subarray(0, headLimit - used) : chunk
    target.set(part, used)
    used += part.length
  }
  function grow(needed: number): Uint8Array {
    if (copy !== null && copy.length >= needed) return copy
    const larger = new Uint8Array(Math.min(headLimit, Math.max(needed, 8192) * 2))
    if (copy !== null) larger.set(copy.subarray(0, used))
    copy = larger
    return larger
  }
  const complete = () => copy !== null && (used >= headLimit || endsHeader(copy, used))
  let done = false
  return {
    add(chunk: Uint8Array): void {
      if (done) return
      if (first === null && copy === null) {
        first = chunk
        return
      }
      if (first !== null) {
        // The sink may hand the first chunk to another thread once the second has come: copy what the header needs.
        append(grow(Math.min(headLimit, first.length)), first)
        first = null
        if (complete()) {
          done = true
          return
        }
      }
      append(grow(Math.min(headLimit, used + chunk.length)), chunk)
      done = complete()
    },
    bytes: (): Uint8Array => first ?? copy?.subarray(0, used) ?? new Uint8Array(0),
  }
}

/** An empty line within the first `length` octets. */
function endsHeader(bytes: Uint8Array, length: number): boolean {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, length)
  return view.includes('\r\n\r\n') || view.subarray(0, 2).equals(crlf)
}
const crlf = Buffer.from('\r\n')
