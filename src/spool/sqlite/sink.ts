/**
 * A body on its way in. A small one waits as it came and goes to the database with its row; a middling one is gathered in
 * slabs and goes to a segment before its row; a large one is streamed to a file of its own. Exactly one commit or abort.
 */
import { type BodySink, type Committed, type DeliveryState, type NewMessage, SpoolUnavailable } from '../../transaction/ports.ts'
import type { Batches } from './batches.ts'
import type { Bodies } from './bodies.ts'
import type { KeptBody } from './body-file.ts'
import type { BodyStream } from './body-stream.ts'
import type { FreshBodies } from './fresh-bodies.ts'
import { type Gathered, gather, type Slabs } from './slabs.ts'
import { inDatabase, streamFrom } from './wire.ts'

export interface SinkParts {
  readonly batches: Batches
  readonly bodies: Bodies
  readonly slabs: Slabs
  readonly fresh: FreshBodies
  /** Deliveries that this process works on: a writer thread that is started anew leaves them alone. */
  readonly underWay: Map<number, number | null>
}

/** Is handed over now, as far as it goes. */
const isSoon = (state: DeliveryState): boolean => state === 'queued' || state === 'delivering'

export function makeSink({ batches, bodies, slabs, fresh, underWay }: SinkParts): BodySink {
  let small: Uint8Array[] = []
  let gathered: Gathered | null = null
  let stream: BodyStream | null = null
  let size = 0
  let ended = false
  let wasRead = false

  const gatherFrom = (held: readonly Uint8Array[]): Gathered => {
    const fresh = gather(slabs)
    for (const chunk of held) fresh.add(chunk)
    small = []
    return fresh
  }
  const streamFromHere = (chunk: Uint8Array): void | Promise<void> => {
    stream = bodies.stream()
    const held = gathered?.chunks() ?? small
    const head = Buffer.concat([...held, chunk])
    release()
    return stream.write(head)
  }
  const release = (): void => {
    gathered?.release()
    gathered = null
    small = []
  }
  const end = (): void => {
    if (ended) throw new Error('a body sink was ended twice')
    ended = true
  }
  /** On the disk, where it is too large for the database. */
  const keep = async (bodyStart: number): Promise<KeptBody> => {
    if (stream !== null) return stream.finish(bodyStart)
    try {
      return await bodies.append(gathered!.chunks(), bodyStart)
    } finally {
      release()
    }
  }
  const commitLarge = async (message: NewMessage): Promise<Committed> => {
    const kept = await keep(message.bodyStart)
    return batches.commit(message, { size, chunks: [], kept }).finally(kept.settled)
  }
  const commitSmall = async (message: NewMessage): Promise<Committed> => {
    const committed = await batches.commit(message, { size, chunks: small, kept: null })
    const soon = committed.deliveries.some(({ kind }, i) => kind === 'new' && isSoon(message.deliveries[i]!.state))
    if (soon) fresh.add(message.id, small)
    return committed
  }
  const begin = (message: NewMessage, committed: Committed): Committed => {
    committed.deliveries.forEach((one, i) => {
      if (one.kind === 'new' && message.deliveries[i]!.state === 'delivering') underWay.set(one.id, message.received)
    })
    return committed
  }
  return {
    write: chunk => {
      if (ended) return
      size += chunk.length
      if (stream !== null) return stream.write(chunk)
      if (size > streamFrom) return streamFromHere(chunk)
      if (size <= inDatabase) return void small.push(chunk)
      gathered ??= gatherFrom(small)
      gathered.add(chunk)
    },
    commit: message => {
      end()
      if (message.bodyStart > size || message.bodyStart < 0) {
        stream?.drop()
        release()
        const what = `bodyStart ${message.bodyStart} is outside of a body of ${size} octets`
        return Promise.reject(new SpoolUnavailable(what, false))
      }
      const committed = size <= inDatabase ? commitSmall(message) : commitLarge(message)
      return message.deliveries.some(({ state }) => state === 'delivering') ? committed.then(it => begin(message, it)) : committed
    },
    read: () => {
      if (ended) throw new Error('a body sink was read after its end')
      wasRead = true
      return stream?.read() ?? gathered?.chunks() ?? [...small]
    },
    abort: () => {
      if (ended) return
      ended = true
      stream?.drop()
      // A client that hangs up doesn't end the checks of its message: another's octets must not come into their sight.
      if (wasRead) gathered?.forsake()
      release()
    },
  }
}
