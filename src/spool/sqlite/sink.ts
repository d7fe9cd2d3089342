/**
 * A body on its way in: kept in memory, uncopied, while it is small, and handed to an upload once it isn't. Ends with exactly
 * one commit or abort.
 */
import { type BodySink, SpoolUnavailable } from '../../transaction/ports.ts'
import type { Batches } from './batches.ts'
import type { Upload, Uploads } from './uploads.ts'
import { streamFrom } from './wire.ts'

export function makeSink(batches: Batches, uploads: Uploads): BodySink {
  let chunks: Uint8Array[] = []
  let size = 0
  let upload: Upload | null = null
  let ended = false

  const stream = (): void | Promise<void> => {
    upload = uploads.open()
    const held = chunks
    chunks = []
    // The last one says whether to wait: packets in flight only grow here.
    return held.map(upload.write).at(-1)
  }
  const end = (): void => {
    if (ended) throw new Error('a body sink was ended twice')
    ended = true
  }
  return {
    write: chunk => {
      if (ended) return
      size += chunk.length
      if (upload !== null) return upload.write(chunk)
      chunks.push(chunk)
      if (size > streamFrom) return stream()
    },
    commit: async message => {
      end()
      if (message.bodyStart > size || message.bodyStart < 0) {
        upload?.drop()
        throw new SpoolUnavailable(`bodyStart ${message.bodyStart} is outside of a body of ${size} octets`, false)
      }
      if (upload === null) return batches.commit(message, { size, chunks, upload: 0 })
      await upload.finish(message.bodyStart)
      return batches.commit(message, { size, chunks: [], upload: upload.id })
    },
    abort: () => {
      if (ended) return
      ended = true
      chunks = []
      upload?.drop()
    },
  }
}
