/**
 * The main thread's end of streamed bodies: chunks are copied into packets that travel to the writer thread and come back
 * empty, so that a large message costs a handful of buffers whatever its size. `write` asks the sender to wait while a
 * sink's packets are all on their way.
 */
import { SpoolUnavailable } from '../../transaction/ports.ts'
import { type Failure, packetSize, packetsInFlight, type WriterRequest } from './wire.ts'

export interface Upload {
  readonly id: number
  write(chunk: Uint8Array): void | Promise<void>
  /** Resolves when the file is flushed. */
  finish(bodyStart: number): Promise<void>
  drop(): void
}

interface State {
  inFlight: number
  failed: SpoolUnavailable | null
  ready: (() => void)[]
  finished: ((failure: SpoolUnavailable | null) => void) | null
}

export interface Uploads {
  open(): Upload
  taken(upload: number, packet: ArrayBuffer): void
  finished(upload: number, failure: Failure | null): void
  /** The writer thread is gone: every upload fails. */
  fail(error: SpoolUnavailable): void
}

type Send = (request: WriterRequest, transfer?: ArrayBuffer[]) => boolean

/** Empty packets that are kept for the next use. */
const mostSpare = 40

export function makeUploads(send: Send): Uploads {
  const all = new Map<number, State>()
  const spare: ArrayBuffer[] = []
  let last = 0
  const newPacket = (): Uint8Array => new Uint8Array(spare.pop() ?? Buffer.allocUnsafeSlow(packetSize).buffer)
  const wake = (state: State): void => {
    for (const ready of state.ready) ready()
    state.ready = []
  }
  const fail = (state: State, error: SpoolUnavailable): void => {
    state.failed ??= error
    wake(state)
    state.finished?.(state.failed)
  }
  return {
    open: () => makeUpload(++last, { all, newPacket, send, fail }),
    taken: (upload, packet) => {
      if (spare.length < mostSpare) spare.push(packet)
      const state = all.get(upload)
      if (state === undefined) return
      state.inFlight -= 1
      wake(state)
    },
    finished: (upload, failure) => {
      const state = all.get(upload)
      all.delete(upload)
      state?.finished?.(failure === null ? null : new SpoolUnavailable(failure.message, failure.full))
    },
    fail: error => {
      for (const state of all.values()) fail(state, error)
      all.clear()
    },
  }
}

interface Shared {
  readonly all: Map<number, State>
  newPacket(): Uint8Array
  readonly send: Send
  fail(state: State, error: SpoolUnavailable): void
}

function makeUpload(id: number, shared: Shared): Upload {
  const { all, send } = shared
  const state: State = { inFlight: 0, failed: null, ready: [], finished: null }
  all.set(id, state)
  let packet: Uint8Array | null = null
  let filled = 0
  const post = (request: WriterRequest, transfer?: ArrayBuffer[]): void => {
    if (state.failed === null && !send(request, transfer))
      shared.fail(state, new SpoolUnavailable('the writer thread is being restarted', false))
  }
  const flush = (): void => {
    if (packet === null || filled === 0) return
    const { buffer } = packet
    state.inFlight += 1
    post({ kind: 'packet', upload: id, packet: buffer as ArrayBuffer, length: filled }, [buffer as ArrayBuffer])
    packet = null
    filled = 0
  }
  return {
    id,
    write: chunk => {
      for (let at = 0; at < chunk.length && state.failed === null; ) {
        packet ??= shared.newPacket()
        const part = chunk.subarray(at, at + packetSize - filled)
        packet.set(part, filled)
        at += part.length
        filled += part.length
        if (filled === packetSize) flush()
      }
      if (state.inFlight >= packetsInFlight && state.failed === null) return new Promise(resolve => state.ready.push(resolve))
    },
    finish: bodyStart =>
      new Promise((resolve, reject) => {
        state.finished = failure => (failure === null ? resolve() : reject(failure))
        flush()
        post({ kind: 'finish', upload: id, bodyStart })
        if (state.failed !== null) reject(state.failed)
      }),
    drop: () => {
      packet = null
      send({ kind: 'drop', upload: id })
      all.delete(id)
    },
  }
}
