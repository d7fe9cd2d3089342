/**
 * Applications that are asked before the reply (`handoff: inline`): the message is in the spool already, so whatever happens here it
 * is not lost; what they say, or don't say in time, becomes the verdicts and is told to whoever settles the deliveries.
 */
import { type Answered, type Asking, foldAnswers } from '../policy/handoff.ts'
import type { Verdict } from '../policy/verdict.ts'
import type { Asked, Question } from './handoff.ts'
import { destinations, isAsked, type Judged } from './new-message.ts'
import type { Committed, Outcome } from './ports.ts'
import type { Destination, Site } from './site.ts'
import { decided, type Transaction } from './transaction.ts'

export interface Kept {
  readonly settled: readonly Judged[]
  /** The indices of the recipients that have deliveries. */
  readonly kept: readonly number[]
  readonly committed: Committed
  /** When the data ended: the deadline is counted from there. */
  readonly ended: number
}

/** The verdicts, in order: as they were, or as the applications want it. Never rejects. */
export async function handOver(site: Site, transaction: Transaction, plan: Kept): Promise<readonly Verdict[]> {
  const verdicts = plan.settled.map(({ verdict }) => verdict)
  if (!plan.settled.some(isAsked)) return verdicts
  const asked = ask(site, plan)
  if (asked.size === 0) return verdicts
  const answers = new Map<number, Answered>()
  await Promise.all([...asked].map(async ([i, { outcome }]) => answers.set(i, answeredBy(await outcome))))
  const recipients = verdicts.map((verdict, i): Asking => ({ verdict, answered: answers.get(i) ?? null }))
  const { peer, replyPerRecipient } = transaction.session
  const told = foldAnswers(recipients, { peer, replyPerRecipient, late: site.inline.late })
  for (const [i, one] of asked) {
    one.said(told[i]!.said)
    note(transaction, i, { answered: answers.get(i)!, verdict: told[i]!.verdict })
  }
  return told.map(({ verdict }) => verdict)
}

/** Asks for each recipient whose mail is new to its first processor. By the index of the recipient. */
function ask(site: Site, { settled, kept, committed, ended }: Kept): ReadonlyMap<number, Asked> {
  const { handoff, deadline } = site.inline
  const within = Math.max(0, ended + deadline - site.clock())
  const asked = new Map<number, Asked>()
  let next = 0
  for (const i of kept) {
    const all = destinations(settled[i]!.grant, site.postmaster).map(destination => ({
      ...destination,
      row: committed.deliveries[next++]!,
    }))
    if (!isAsked(settled[i]!)) continue
    const [first, ...others] = all as [Delivered, ...Delivered[]]
    if (first.row.kind === 'repeat') handoff.release(fresh(others))
    else asked.set(i, handoff.ask({ processor: first.processor, delivery: first.row.id, others: fresh(others), within }))
  }
  return asked
}

type Delivered = Destination & { readonly row: Committed['deliveries'][number] }

const fresh = (all: readonly Delivered[]): Question['others'] =>
  all.flatMap(({ processor, settled, row }) => (row.kind === 'new' ? [{ processor, settled, delivery: row.id }] : []))

function answeredBy(outcome: Outcome | null): Answered {
  if (outcome?.kind === 'failed') return { kind: 'refused', text: outcome.refusal ?? null }
  if (outcome?.kind !== 'delivered') return { kind: 'open' }
  return { kind: outcome.verdict === 'hold' ? 'held' : outcome.verdict === 'discard' ? 'discarded' : 'accepted' }
}

const details: Readonly<Record<Answered['kind'], string>> = {
  accepted: 'the application has it',
  held: 'the application asked to hold it',
  discarded: 'the application asked to discard it',
  refused: 'the application refused it',
  open: 'no answer of the application in time',
}

function note(transaction: Transaction, i: number, { answered, verdict }: { answered: Answered; verdict: Verdict }): void {
  const reason = 'reason' in verdict ? { reason: verdict.reason } : {}
  const { address } = transaction.recipients[i]!
  decided(transaction, { stage: 'data', recipient: address, verdict: verdict.kind, ...reason, detail: details[answered.kind] })
}
