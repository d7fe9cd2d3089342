/**
 * Applications that are asked before the reply: from what they said to the verdicts and to what the client hears for each recipient.
 * An application may refuse (5yz at an origin peer alone), and lateness is 250 or 451 as configured. Where there is one reply for all,
 * one recipient that is kept makes it 250, and the rest queue (design: fold-for-smtp). Pure.
 */
import { withText } from '../mail/reply.ts'
import type { Reason } from './reasons.ts'
import { defer, discard, hold, isKept, type Peer, type Verdict, withReply } from './verdict.ts'

/** What came of asking about one recipient. `open`: no answer that is one, or none in time. */
export type Answered =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'held' }
  | { readonly kind: 'discarded' }
  /** `text`: the application's words, one line; null where it has none. */
  | { readonly kind: 'refused'; readonly text: string | null }
  | { readonly kind: 'open' }

/** What the client hears for one recipient: kept (250), refused (5yz), come again (451). */
export type Said = 'kept' | 'refused' | 'deferred'

/** A recipient behind the commit. `answered` is null where nobody was asked. */
export interface Asking {
  readonly verdict: Verdict
  readonly answered: Answered | null
}

export interface Terms {
  readonly peer: Peer
  readonly replyPerRecipient: boolean
  readonly late: 'queue' | 'defer'
}

export interface Told {
  readonly verdict: Verdict
  readonly said: Said
}

/** One for each of `recipients`, in order. Where nobody was asked the verdict is as it was. */
export function foldAnswers(recipients: readonly Asking[], terms: Terms): readonly Told[] {
  if (terms.replyPerRecipient) return recipients.map(recipient => told(recipient, terms))
  const asked = recipients.filter(({ answered }) => answered !== null)
  const decided = recipients.some(({ verdict, answered }) => (answered === null ? isKept(verdict) : isTaken(answered)))
  const open = asked.some(({ answered }) => answered?.kind === 'open')
  if (decided || (open && terms.late === 'queue') || terms.peer === 'relay') {
    // One 250 for all: nobody hears a refusal, and nobody is told to come again.
    const deferring = !decided && open && terms.late === 'defer'
    return deferring
      ? recipients.map(allDeferred)
      : recipients.map(recipient => told(recipient, { ...terms, peer: 'relay', late: 'queue' }))
  }
  return open ? recipients.map(allDeferred) : oneRefusal(recipients.map(recipient => told(recipient, terms)))
}

const isTaken = ({ kind }: Answered): boolean => kind === 'accepted' || kind === 'held' || kind === 'discarded'

function told({ verdict, answered }: Asking, { peer, late }: Terms): Told {
  if (answered === null) return { verdict, said: isKept(verdict) ? 'kept' : verdict.kind === 'reject' ? 'refused' : 'deferred' }
  switch (answered.kind) {
    case 'accepted':
      return { verdict, said: 'kept' }
    case 'held':
      return { verdict: hold('application.held'), said: 'kept' }
    case 'discarded':
      return { verdict: discard('application.discarded'), said: 'kept' }
    case 'open':
      return late === 'queue' ? { verdict, said: 'kept' } : { verdict: defer('application.late'), said: 'deferred' }
    case 'refused':
      return peer === 'relay'
        ? { verdict: discard(refused), said: 'kept' }
        : { verdict: withReply(refused, words => withText(words, answered.text ?? 'no reason given')), said: 'refused' }
  }
}

const refused = 'application.refused' satisfies Reason

/** Who was refused hears it when the mail comes again. */
const allDeferred = ({ answered }: Asking): Told => ({
  verdict: defer('application.late'),
  said: answered?.kind === 'refused' ? 'refused' : 'deferred',
})

/** The first one's words speak for all. */
function oneRefusal(all: readonly Told[]): readonly Told[] {
  const first = all.find(({ verdict }) => verdict.kind === 'reject')
  return first === undefined ? all : all.map(({ said }) => ({ verdict: first.verdict, said }))
}
