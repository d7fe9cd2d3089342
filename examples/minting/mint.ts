// Mints a signed key for Postern (docs/signed-keys.md). Needs nothing but Node.
import { createHmac } from 'node:crypto'

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'

export interface Place {
  secret: Uint8Array // the decoded secret: 32 octets or more
  keyId: number // which secret it is, 1 to 255
  mailbox: string
  route: string
}

/** `expires` is in seconds since 1970; leave it out for a key that is good as long as its secret. */
export function mint(place: Place, subject: string, expires?: number): string {
  const name = Buffer.from(subject, 'utf8')
  if (place.secret.length < 32) throw new RangeError('the secret has fewer than 32 octets')
  if (!(place.keyId >= 1 && place.keyId <= 255)) throw new RangeError('the key id is not 1 to 255')
  if (name.length < 1 || name.length > 32) throw new RangeError('the subject has not 1 to 32 octets')
  const expiry = Buffer.alloc(expires === undefined ? 0 : 4)
  if (expires !== undefined) expiry.writeUInt32BE(expires)
  const body = Buffer.concat([Buffer.of(expires === undefined ? 0x10 : 0x11, place.keyId), expiry, name])

  const hmac = createHmac('sha256', place.secret)
  for (const field of ['postern key 1', place.mailbox, place.route, body]) {
    const octets = Buffer.from(field)
    const length = Buffer.alloc(4)
    length.writeUInt32BE(octets.length)
    hmac.update(length).update(octets)
  }
  return base32(Buffer.concat([body, hmac.digest().subarray(0, 12)]))
}

function base32(octets: Uint8Array): string {
  const bits = Array.from(octets, octet => octet.toString(2).padStart(8, '0')).join('')
  const groups = bits.match(/.{1,5}/g) ?? []
  return groups.map(group => alphabet[Number.parseInt(group.padEnd(5, '0'), 2)]).join('')
}
