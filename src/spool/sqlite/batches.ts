/**
 * Group commit. While the writer thread is busy with one batch, entries gather; its answer sends the next batch off at once.
 * Where it is idle, everything that arrives in one turn of the event loop goes together. One message there and one back a
 * batch, the small bodies in one transferred buffer.
 */
import { type Committed, type NewMessage, SpoolUnavailable } from '../../transaction/ports.ts'
import type { KeptBody } from './body-file.ts'
import { toTuple } from './tuples.ts'
import {
  type Answer,
  type Batch,
  type CommitResult,
  type Failure,
  isFailure,
  type MessageTuple,
  type Operation,
  type OperationResult,
  type TraceTuple,
} from './wire.ts'

/** Where a body is: chunks in memory, or on the disk already. */
export interface BodyOut {
  readonly size: number
  readonly chunks: readonly Uint8Array[]
  readonly kept: KeptBody | null
}

interface Waiting<T> {
  resolve(result: T): void
  reject(error: unknown): void
}
interface WaitingCommit extends Waiting<Committed> {
  readonly tuple: MessageTuple
  readonly body: BodyOut
}
interface WaitingOperation extends Waiting<OperationResult> {
  readonly operation: Operation
}
interface Gathered {
  readonly commits: WaitingCommit[]
  readonly operations: WaitingOperation[]
  readonly trace: TraceTuple[]
}

export interface Batches {
  commit(message: NewMessage, body: BodyOut): Promise<Committed>
  operate(operation: Operation): Promise<OperationResult>
  /** Goes with the next batch; `hurry` sends one where none is on its way. */
  trace(rows: readonly TraceTuple[]): void
  hurry(): void
  answered(answer: Answer): void
  /** Rejects everything: the writer thread is gone. */
  fail(error: Error): void
  /** Resolves when nothing is pending. */
  drained(): Promise<void>
}

const nothing = (): Gathered => ({ commits: [], operations: [], trace: [] })
const isEmpty = (g: Gathered): boolean => g.commits.length === 0 && g.operations.length === 0 && g.trace.length === 0
const unavailable = (failure: Failure): SpoolUnavailable => new SpoolUnavailable(failure.message, failure.full)

const committed = (result: CommitResult): Committed => ({
  deliveries: result.map(one => (typeof one === 'number' ? { kind: 'new', id: one } : { kind: 'repeat', message: one })),
})

/** Buffers come back with the answer: fresh memory costs more than the copy into it. */
const largestKept = 8 * 1024 * 1024

/** One buffer for all bodies in memory; each tuple learns where its body starts. `spare` is used where it is large enough. */
function pack(commits: readonly WaitingCommit[], spare: ArrayBuffer | null): ArrayBuffer | null {
  let total = 0
  for (const { body } of commits) if (body.kept === null) total += body.size
  if (total === 0) return null
  const packed = spare !== null && spare.byteLength >= total ? new Uint8Array(spare) : Buffer.allocUnsafeSlow(Math.ceil(total * 1.5))
  let at = 0
  for (const { body, tuple } of commits) {
    if (body.kept !== null) continue
    tuple[11] = at
    for (const chunk of body.chunks) {
      packed.set(chunk, at)
      at += chunk.length
    }
  }
  return packed.buffer as ArrayBuffer
}

function settleAll(sent: Gathered, answer: Answer): void {
  if (answer.failure !== null) {
    for (const waiting of [...sent.commits, ...sent.operations]) waiting.reject(unavailable(answer.failure))
    return
  }
  const { commits, results } = answer
  sent.commits.forEach((waiting, i) => {
    const result = commits[i]!
    if (isFailure(result)) waiting.reject(unavailable(result))
    else waiting.resolve(committed(result))
  })
  sent.operations.forEach((waiting, i) => {
    const result = results[i]!
    if (isFailure(result)) waiting.reject(unavailable(result))
    else waiting.resolve(result)
  })
}

/** `post` says whether the batch went off; `lost` hears of trace rows that could not be written. */
export function makeBatches(post: (batch: Batch, transfer: ArrayBuffer[]) => boolean, lost: (rows: number) => void): Batches {
  let gathered = nothing()
  let sent: Gathered | null = null
  let scheduled = false
  let spare: ArrayBuffer | null = null
  let idle: (() => void)[] = []

  const rejectAll = (failed: Gathered, error: unknown): void => {
    for (const waiting of [...failed.commits, ...failed.operations]) waiting.reject(error)
    if (failed.trace.length > 0) lost(failed.trace.length)
  }
  const wakeIdle = (): void => {
    if (sent !== null || !isEmpty(gathered)) return
    for (const wake of idle) wake()
    idle = []
  }
  const sendGathered = (): void => {
    scheduled = false
    wakeIdle()
    if (sent !== null || isEmpty(gathered)) return
    const going = gathered
    gathered = nothing()
    const bodies = pack(going.commits, spare)
    if (bodies !== null) spare = null
    const messages = going.commits.map(({ tuple }) => tuple)
    const operations = going.operations.map(({ operation }) => operation)
    const went = post({ kind: 'batch', bodies, messages, operations, trace: going.trace }, bodies === null ? [] : [bodies])
    if (went) sent = going
    else rejectAll(going, new SpoolUnavailable('the writer thread is being restarted', false))
  }
  const schedule = (): void => {
    if (sent !== null || scheduled) return
    scheduled = true
    setImmediate(sendGathered)
  }
  return {
    commit: (message, body) =>
      new Promise((resolve, reject) => {
        gathered.commits.push({ tuple: toTuple(message, body.size, body.kept), body, resolve, reject })
        schedule()
      }),
    operate: operation =>
      new Promise((resolve, reject) => {
        gathered.operations.push({ operation, resolve, reject })
        schedule()
      }),
    trace: rows => {
      for (const row of rows) gathered.trace.push(row)
    },
    hurry: () => {
      if (!isEmpty(gathered)) schedule()
    },
    answered: answer => {
      const done = sent
      sent = null
      if (answer.bodies !== null && answer.bodies.byteLength <= largestKept) spare = answer.bodies
      // The next batch first: the writer works on it while the answers are handled here.
      sendGathered()
      if (done === null) return
      settleAll(done, answer)
      if (answer.failure !== null && done.trace.length > 0) lost(done.trace.length)
      wakeIdle()
    },
    fail: error => {
      const unavailable = new SpoolUnavailable(`the writer thread ended: ${error.message}`, false, error)
      const both = [sent, gathered]
      sent = null
      gathered = nothing()
      for (const failed of both) if (failed !== null) rejectAll(failed, unavailable)
      wakeIdle()
    },
    drained: () =>
      new Promise(resolve => {
        idle.push(resolve)
        schedule()
      }),
  }
}
