/**
 * Names of files in a Maildir (https://cr.yp.to/proto/maildir.html): time, a part that no other mail has, host. The middle part is
 * made of the idempotency id, so that a second attempt finds what a first one wrote, whatever flags a reader has added. Pure.
 */

const prefix = 'postern-'

/** A host name as it may stand in a file name: no slash, no colon, and nothing that a reader could take for a flag or size. */
export function safeHost(name: string): string {
  const safe = name
    .replaceAll('/', '\\057')
    .replaceAll(':', '\\072')
    .replace(/[^A-Za-z0-9.\\_-]/g, '_')
    .slice(0, 64)
  return safe === '' ? 'localhost' : safe
}

/** `received` in milliseconds; one that is no time counts as 1970. */
export function messageName(received: number, idempotencyId: string, host: string): string {
  const seconds = received >= 0 && received <= 8.64e15 ? Math.trunc(received / 1_000) : 0
  return `${seconds}.${prefix}${idempotencyId}.${host}`
}

/** Whether `file`, in new or cur, is the mail with this id: 1767323045.postern-0123….host:2,S */
export const isMessage = (file: string, idempotencyId: string): boolean => file.split('.', 2)[1] === prefix + idempotencyId
