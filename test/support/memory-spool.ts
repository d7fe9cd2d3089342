/** A spool in memory, for tests of what stands before it: keeps what is committed, can be told to fail. */
import { createHash } from 'node:crypto'
import { type Committed, type NewMessage, type SpoolIntake, SpoolUnavailable } from '../../src/transaction/ports.ts'

export interface Kept {
  readonly message: NewMessage
  readonly body: Buffer
}

export interface MemorySpool extends SpoolIntake {
  readonly kept: Kept[]
  /** 'open' refuses at once, 'write' while data comes, 'commit' at the end; null works. */
  failing: 'open' | 'write' | 'commit' | null
  /** Sinks that were opened, and how many of them ended which way. */
  opened: number
  committed: number
  /** A commit that failed has kept nothing and ends its sink too. */
  failed: number
  aborted: number
  /** What a commit waits for. */
  gate: Promise<void> | null
}

/** Mail known for other processors of another message is a repeat; for those of the same message it isn't. */
const otherThan = (message: string, known: string | undefined): string | undefined => (known === message ? undefined : known)

export function memorySpool(): MemorySpool {
  const seen = new Map<string, string>()
  let next = 1
  const full = () => new SpoolUnavailable('no space left', true)
  const spool: MemorySpool = {
    kept: [],
    failing: null,
    opened: 0,
    committed: 0,
    failed: 0,
    aborted: 0,
    gate: null,
    open() {
      if (spool.failing === 'open') throw full()
      spool.opened++
      const chunks: Uint8Array[] = []
      return {
        async write(chunk) {
          if (spool.failing === 'write') throw full()
          chunks.push(chunk)
        },
        async commit(message): Promise<Committed> {
          if (spool.gate !== null) await spool.gate
          if (spool.failing === 'commit') {
            spool.failed++
            throw full()
          }
          const body = Buffer.concat(chunks)
          const deliveries = message.deliveries.map(delivery => {
            const { material, alone } = delivery.idempotency
            const hashed = createHash('sha256').update(alone ? `alone ${material}` : material)
            const id = (alone ? hashed : hashed.update(body.subarray(message.bodyStart))).digest('hex')
            const same = `${id} ${delivery.processor}`
            const earlier = seen.get(same) ?? otherThan(message.id, seen.get(id))
            if (earlier !== undefined) return { kind: 'repeat' as const, message: earlier }
            seen.set(same, message.id)
            seen.set(id, message.id)
            return { kind: 'new' as const, id: next++ }
          })
          if (deliveries.some(delivery => delivery.kind === 'new')) spool.kept.push({ message, body })
          spool.committed++
          return { deliveries }
        },
        read: () => [...chunks],
        abort() {
          chunks.length = 0
          spool.aborted++
        },
      }
    },
  }
  return spool
}
