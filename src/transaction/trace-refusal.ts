/**
 * Refusals that no transaction stands for: a connection that was not let in or was ended, a MAIL command that was not
 * understood. They leave a trace as transactions do, under an id of their own.
 */
import { formatReply, isTransient, type Reply, withText } from '../mail/reply.ts'
import type { Reason } from '../policy/reasons.ts'
import type { Site } from './site.ts'

export interface Refusal {
  readonly listener: string
  readonly client: string | null
  readonly helo: string | null
  readonly stage: 'connect' | 'mail'
  readonly reason: Reason
  readonly reply: Reply
  /** For people: what was found. */
  readonly detail?: string
}

/** Gives the reply as it is to be said: with the id, except where the connection ends. */
export function traceRefusal(site: Site, { listener, client, helo, stage, reason, reply, detail }: Refusal): Reply {
  const at = site.clock()
  const id = site.newId(at)
  const said = stage === 'connect' ? reply : withText(reply, id)
  const verdict = isTransient(reply) ? 'defer' : 'reject'
  site.trace.record({
    id,
    at,
    listener,
    client,
    helo,
    sender: null,
    recipients: [],
    reply: formatReply(said),
    verdict,
    reason,
    decisions: [{ stage, verdict, reason, ...(detail !== undefined && { detail }) }],
    message: null,
    count: 1,
  })
  return said
}
