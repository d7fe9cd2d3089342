/**
 * The effect at the end of data: what was decided goes to the spool, and what the spool does not keep is deferred. Responsibility
 * for a message moves here and nowhere else; an answer of 250 stands behind the spool's flush.
 */
import { networkOf } from '../lib/network.ts'
import type { Header } from '../mail/header-fields.ts'
import type { Authentication, Machine } from '../policy/authentication/answer.ts'
import { defer, isKept, type Verdict } from '../policy/verdict.ts'
import { handOver } from './hand-over.ts'
import { type Judged, newMessage, type Received } from './new-message.ts'
import { type BodySink, type Committed, type NewMessage, SpoolUnavailable } from './ports.ts'
import type { Site } from './site.ts'
import { decided, type Transaction } from './transaction.ts'

export interface EndOfData {
  readonly verdicts: readonly Verdict[]
  /** Whether the spool holds the message now under the transaction's id. */
  readonly kept: boolean
}

/** Everything decided: what the spool is to be asked. */
export interface Plan {
  readonly settled: readonly Judged[]
  readonly header: Header
  readonly received: Received & { readonly sink: BodySink }
  /** Who sent it; null where nothing was checked. */
  readonly answer: Authentication | null
  readonly machine: Machine
  /** When the data ended. */
  readonly ended: number
}

/** Keeps what is to be kept. The message is safe when this resolves with `kept`, or with a repeat of one that is. */
export async function commit(site: Site, transaction: Transaction, plan: Plan): Promise<EndOfData> {
  const verdicts = plan.settled.map(({ verdict }) => verdict)
  const kept = verdicts.map((verdict, i) => (isKept(verdict) ? i : -1)).filter(i => i >= 0)
  const { sink } = plan.received
  if (kept.length === 0) {
    sink.abort()
    return { verdicts, kept: false }
  }
  const message = newMessage(transaction, { ...plan, kept, postmaster: site.postmaster, notices: site.notices })
  let committed: Committed
  try {
    committed = await sink.commit(message)
  } catch (error) {
    const deferred = unkept(site, transaction, error)
    return { verdicts: verdicts.map((verdict, i) => (isKept(verdict) ? deferred[i]! : verdict)), kept: false }
  }
  settle(site, transaction, { message, committed, verdicts })
  const answered = await handOver(site, transaction, { ...plan, kept, committed })
  return { verdicts: answered, kept: answered.some(isKept) && committed.deliveries.some(delivery => delivery.kind === 'new') }
}

interface Settled {
  readonly message: NewMessage
  readonly committed: Committed
  readonly verdicts: readonly Verdict[]
}

/** What follows from a message that is kept. Nothing that goes wrong here may turn the spool's yes into a no. */
function settle(site: Site, transaction: Transaction, { message, committed, verdicts }: Settled): void {
  try {
    chargePostmaster(site, transaction, verdicts)
    for (const [i, delivery] of committed.deliveries.entries()) {
      const { processor, state, recipient, about } = message.deliveries[i]!
      if (delivery.kind === 'repeat' && about !== undefined) continue
      if (delivery.kind === 'repeat') {
        decided(transaction, { stage: 'spool', recipient, verdict: 'accept', detail: `repeat of ${delivery.message}: nothing added` })
      } else if (state === 'queued') site.notify(processor)
    }
  } catch (error) {
    site.log.error({ id: transaction.id, err: error }, 'message kept; what follows went wrong')
  }
}

/** The spool takes or keeps nothing: whoever would have heard 250 is asked to come again. */
export function refusedBySpool(site: Site, transaction: Transaction, error: unknown): 'spool.full' | 'internal.error' {
  const reason = error instanceof SpoolUnavailable && error.full ? 'spool.full' : 'internal.error'
  site.log.error({ id: transaction.id, err: error }, 'message not kept')
  decided(transaction, { stage: 'spool', verdict: 'defer', reason })
  return reason
}

/** The same for a message that was received: one verdict per recipient. */
export function unkept(site: Site, transaction: Transaction, error: unknown): readonly Verdict[] {
  const deferred = defer(refusedBySpool(site, transaction, error))
  return transaction.recipients.map(() => deferred)
}

function chargePostmaster(site: Site, transaction: Transaction, verdicts: readonly Verdict[]): void {
  const charged = transaction.recipients.some(({ grant }, i) => grant.kind === 'postmaster' && verdicts[i]!.kind === 'accept')
  if (charged) site.postmaster.perNetwork.spend(networkOf(transaction.client.address), site.clock())
}
