/**
 * The body of a webhook call: a JSON event with the raw message, our trace fields before it, in base64 (RFC 4648 4).
 * It is made in pieces of about 64 KiB, so that a message of any size takes little memory; it must never be held as a whole.
 * The same delivery gives the same octets at every attempt: an application may compare them.
 */
import type { Authentication } from '../../policy/authentication/answer.ts'
import type { Delivery, MessageSource } from '../../transaction/ports.ts'

export const eventType = 'message.received'

/** A multiple of three octets, so that only the last piece of base64 is padded. */
const pieceOctets = 48 * 1024

const iso = (at: number): string => new Date(at).toISOString()

/** `signatureAge` in seconds, times in the form of ISO 8601: as everywhere in the event. */
function authenticationOf({ authentication, recipient }: Delivery): object | null {
  if (authentication === null) return null
  const { from, mailFrom, spf, dkim, dmarc, arc, unsigned, signedRecipients, signatureAge, machine } = authentication
  return {
    from: { address: from.address, domain: from.domain, authenticated: from.authenticated, how: from.how, through: from.through },
    mailFrom: { address: mailFrom.address, authenticated: mailFrom.authenticated },
    spf: { result: spf.result, identity: spf.identity, domain: spf.domain },
    dkim: dkim.map(signatureOf),
    dmarc: { result: dmarc.result, policy: dmarc.policy, domain: dmarc.domain, override: dmarc.override },
    arc: { result: arc.result, instance: arc.instance, sealer: arc.sealer },
    unsigned,
    recipientSigned: signedRecipients.includes(recipient),
    signatureAge: signatureAge === null ? null : Math.trunc(signatureAge / 1_000),
    machine,
  }
}

/** A time that a stranger wrote may be none. */
const isoOrNull = (at: number | null): string | null => (at === null || Math.abs(at) > 8.64e15 ? null : iso(at))

const signatureOf = ({ result, domain, selector, aligned, signed, expires }: Authentication['dkim'][number]) => ({
  result,
  domain,
  selector,
  aligned,
  signed: isoOrNull(signed),
  expires: isoOrNull(expires),
})

/** What stands before and after the base64. Throws a RangeError for a time that is none. */
function frame(delivery: Delivery, bounce: unknown): { head: string; tail: string } {
  const { expires, ...claims } = delivery.claims
  const event = {
    type: eventType,
    version: 1,
    timestamp: iso(delivery.received),
    data: {
      id: delivery.message,
      idempotencyId: delivery.idempotencyId,
      mailbox: delivery.mailbox,
      route: delivery.route,
      recipient: delivery.recipient,
      key: delivery.key,
      claims: expires === undefined ? claims : { ...claims, expires: iso(expires) },
      sender: delivery.sender,
      client: delivery.client,
      received: iso(delivery.received),
      subject: delivery.subject,
      messageId: delivery.messageId,
      size: delivery.size,
      authentication: authenticationOf(delivery),
      bounce: bounce ?? null,
      raw: '',
    },
  }
  const json = JSON.stringify(event)
  const tail = '"}}'
  return { head: json.slice(0, -tail.length), tail }
}

/** The body in pieces. Asks `message` for the raw octets when the first piece is wanted, and lets go of them at the end. */
export async function* eventBody(delivery: Delivery, message: MessageSource): AsyncGenerator<Buffer> {
  const { head, tail } = frame(delivery, await message.bounce?.())
  yield Buffer.from(head)
  yield* base64(withTraceFields(message))
  yield Buffer.from(tail)
}

async function* withTraceFields(message: MessageSource): AsyncGenerator<Uint8Array> {
  yield Buffer.from(message.traceFields())
  yield* await message.raw()
}

/** Fills a piece, whatever the size of the chunks that come, and encodes it when it is full. */
export async function* base64(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const piece = Buffer.allocUnsafe(pieceOctets)
  let filled = 0
  for await (const chunk of source) {
    for (let from = 0; from < chunk.length; ) {
      const part = chunk.subarray(from, from + pieceOctets - filled)
      piece.set(part, filled)
      filled += part.length
      from += part.length
      if (filled < pieceOctets) continue
      yield Buffer.from(piece.toString('base64'), 'latin1')
      filled = 0
    }
  }
  if (filled > 0) yield Buffer.from(piece.toString('base64', 0, filled), 'latin1')
}
