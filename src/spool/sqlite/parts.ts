/**
 * The parts of a running spool, joined: the writer thread's answers go to those who wait for them, and what they say of the
 * disk to `health`.
 */
import { SpoolUnavailable } from '../../transaction/ports.ts'
import { type Batches, makeBatches } from './batches.ts'
import { type Bodies, makeBodies } from './bodies.ts'
import { type FreshBodies, makeFreshBodies } from './fresh-bodies.ts'
import { type Health, makeHealth } from './health.ts'
import type { Recovered, SpoolOptions } from './options.ts'
import { makeReader, type ReaderLink } from './reader-link.ts'
import { makeSlabs, type Slabs } from './slabs.ts'
import type { Failure, Tally, WriterReply, WriterStart } from './wire.ts'
import { startWriter, type WriterEvents, type WriterLink } from './writer-link.ts'

export interface Parts {
  readonly options: SpoolOptions
  readonly link: WriterLink
  readonly batches: Batches
  readonly bodies: Bodies
  readonly slabs: Slabs
  readonly fresh: FreshBodies
  readonly health: Health
  readonly reader: ReaderLink
  readonly recovered: Recovered
  readonly tally: () => Tally
  /** Deliveries claimed, or committed as under way, and not settled; since when, null where that isn't known (an answer was lost). */
  readonly underWay: Map<number, number | null>
  closing: boolean
}

/** What the writer said when it was ready, and its last sums. */
interface Heard {
  recovered: Recovered | null
  tally: Tally | null
  /** The highest file number ever used. */
  last: number
  /** Made once the first writer thread has said `last`. */
  bodies: Bodies | null
}

function hear({ log }: SpoolOptions, { batches, health }: Pick<Parts, 'batches' | 'health'>, heard: Heard): WriterEvents {
  const failed = ({ message, full }: Failure): void => health.failed(new SpoolUnavailable(message, full))
  const wrote = (tally: Tally): void => {
    heard.tally = tally
    health.wrote()
  }
  const reply = (it: WriterReply): void => {
    switch (it.kind) {
      case 'ready':
        wrote(it.tally)
        heard.recovered ??= it.recovered
        heard.last = it.last
        heard.bodies?.resume()
        log[it.recovered.damaged > 0 ? 'warn' : 'info'](it.recovered, 'spool: open')
        break
      case 'answer':
        if (it.failure === null) wrote(it.tally)
        else failed(it.failure)
        batches.answered(it)
    }
  }
  const down = (error: Error): void => {
    const unavailable = new SpoolUnavailable(`the writer thread ended: ${error.message}`, false, error)
    health.failed(unavailable)
    heard.bodies?.fail(unavailable)
    batches.fail(error)
  }
  return { reply, down }
}

/** Rejects where the writer thread can't start. */
export async function startParts(options: SpoolOptions): Promise<Parts> {
  const { directory, log, clock, retention } = options
  const underWay = new Map<number, number | null>()
  const heard: Heard = { recovered: null, tally: null, last: 0, bodies: null }
  let link: WriterLink | null = null
  const lost = (rows: number): void => log.warn({ rows }, 'spool: rows of the trace were lost')
  const batches = makeBatches((batch, transfer) => link?.send(batch, transfer) ?? false, lost)
  const health = makeHealth(options)
  const start = (restarted: boolean): WriterStart => ({
    directory,
    retention,
    at: clock(),
    underWay: restarted ? [...underWay.keys()] : null,
  })
  link = await startWriter(start, hear(options, { batches, health }, heard), log)
  const bodies = makeBodies({
    directory,
    last: heard.last,
    left: file => void link?.send({ kind: 'left', file }),
    failed: health.failed,
  })
  heard.bodies = bodies
  await health.look()
  const reader = makeReader(directory)
  const tally = (): Tally => heard.tally!
  return {
    options,
    link,
    batches,
    bodies,
    slabs: makeSlabs(),
    fresh: makeFreshBodies(),
    health,
    reader,
    recovered: heard.recovered!,
    tally,
    underWay,
    closing: false,
  }
}
