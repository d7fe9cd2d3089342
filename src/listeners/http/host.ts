/**
 * Under which names we may be addressed. A browser that was led to us by DNS rebinding still sends the attacker's name in
 * Host, so a name that is not ours is 421 Misdirected Request (RFC 9110 15.5.20). Must not look at anything but the name.
 */
import { isIP } from 'node:net'

/** The host without its port, in lower case and without brackets; null where it is none. */
export function hostName(authority: string): string | null {
  const match = /^(?:\[([0-9a-f:.]{2,45})\]|([a-z0-9_.-]{1,255}))(?::\d{1,5})?$/i.exec(authority)
  return match === null ? null : (match[1] ?? match[2])!.toLowerCase().replace(/\.$/, '')
}

export const isLoopback = (address: string): boolean =>
  /^(?:::ffff:)?127(?:\.\d{1,3}){3}$/i.test(address) || address === '::1' || address === 'localhost' || address.endsWith('.localhost')

/**
 * Loopback names always pass: no attacker can have them. Off loopback so does any IP address, which can't be rebound, and
 * which nobody wants to list; a token is needed there anyway.
 */
export function hostCheck(hosts: readonly string[], loopback: boolean): (authority: string | undefined) => boolean {
  const names = new Set(hosts.map(name => hostName(name)))
  return authority => {
    const name = authority === undefined ? null : hostName(authority)
    return name !== null && (isLoopback(name) || names.has(name) || (!loopback && isIP(name) !== 0))
  }
}
