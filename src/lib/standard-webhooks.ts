/**
 * Signatures as the Standard Webhooks specification writes them: HMAC-SHA-256 over `id.timestamp.body`, so that the
 * application knows who calls and that nothing was changed or replayed. The body is hashed as it streams by.
 * The secret must never stand in an error or a log line.
 */
import { createHmac } from 'node:crypto'

export interface Signer {
  update(chunk: Uint8Array): void
  /** The value of `webhook-signature`. To be called once, after the whole body. */
  signature(): string
}

const prefix = 'whsec_'

/** The octets of a secret written `whsec_` + base64 of 24 to 64 octets. Throws an Error that says what is wrong with it. */
export function parseSecret(secret: string): Buffer {
  if (!secret.startsWith(prefix))
    throw new Error(`a webhook secret is written ${prefix} and base64; this one does not begin with ${prefix}`)
  const text = secret.slice(prefix.length)
  const octets = Buffer.from(text, 'base64')
  if (octets.toString('base64') !== text) throw new Error(`the part of the webhook secret after ${prefix} is not base64 with its padding`)
  if (octets.length < 24 || octets.length > 64) throw new Error(`a webhook secret has 24 to 64 octets, this one has ${octets.length}`)
  return octets
}

/**
 * `timestamp` in seconds since 1970, as the `webhook-timestamp` field has it. One signature for each secret, in their order, so that
 * the application may know either while a secret is changed.
 */
export function signer(secrets: Buffer | readonly Buffer[], id: string, timestamp: number): Signer {
  const hmacs = [secrets].flat().map(secret => createHmac('sha256', secret).update(`${id}.${timestamp}.`))
  return {
    update(chunk) {
      for (const hmac of hmacs) hmac.update(chunk)
    },
    signature: () => hmacs.map(hmac => `v1,${hmac.digest('base64')}`).join(' '),
  }
}
