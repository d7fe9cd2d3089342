/**
 * A body on its way in: kept in memory, uncopied, while it is small, and streamed to a file once it isn't. At its end a small
 * one goes to the database with its row, a middling one to a segment before it. Ends with exactly one commit or abort.
 */
import { type BodySink, type Committed, type NewMessage, SpoolUnavailable } from '../../transaction/ports.ts'
import type { Batches } from './batches.ts'
import type { Bodies } from './bodies.ts'
import type { BodyStream } from './body-stream.ts'
import { inDatabase, streamFrom } from './wire.ts'

export function makeSink(batches: Batches, bodies: Bodies): BodySink {
  let chunks: Uint8Array[] = []
  let size = 0
  let stream: BodyStream | null = null
  let ended = false

  const begin = (): void | Promise<void> => {
    stream = bodies.stream()
    const held = Buffer.concat(chunks)
    chunks = []
    return stream.write(held)
  }
  const end = (): void => {
    if (ended) throw new Error('a body sink was ended twice')
    ended = true
  }
  const commit = async (message: NewMessage): Promise<Committed> => {
    const kept = stream === null ? await bodies.append(chunks, message.bodyStart) : await stream.finish(message.bodyStart)
    chunks = []
    return batches.commit(message, { size, chunks: [], kept }).finally(kept.settled)
  }
  return {
    write: chunk => {
      if (ended) return
      size += chunk.length
      if (stream !== null) return stream.write(chunk)
      chunks.push(chunk)
      if (size > streamFrom) return begin()
    },
    commit: message => {
      end()
      if (message.bodyStart > size || message.bodyStart < 0) {
        stream?.drop()
        const what = `bodyStart ${message.bodyStart} is outside of a body of ${size} octets`
        return Promise.reject(new SpoolUnavailable(what, false))
      }
      return size <= inDatabase ? batches.commit(message, { size, chunks, kept: null }) : commit(message)
    },
    abort: () => {
      if (ended) return
      ended = true
      chunks = []
      stream?.drop()
    },
  }
}
