/** The address of a DNS server: `192.0.2.1`, `192.0.2.1:5300`, `2001:db8::1`, `[2001:db8::1]:5300`. Port 53 unless told. */
import { getServers } from 'node:dns'
import { isIP, isIPv6 } from 'node:net'

export interface ServerAddress {
  readonly host: string
  readonly port: number
  readonly family: 4 | 6
  /** For the log. */
  readonly text: string
}

/** Throws Error for what is no such address: names would need a DNS first. */
export function readServer(text: string): ServerAddress {
  const [, bracketed, , plain, digits = '53'] = /^(?:\[([^\]]*)\]()|([^:]*))(?::(\d{1,5}))?$/.exec(isIPv6(text) ? `[${text}]` : text) ?? []
  const host = bracketed ?? plain ?? ''
  const port = Number(digits)
  const right = bracketed === undefined ? isIP(host) === 4 : isIPv6(host)
  if (!right || port < 1 || port > 65_535)
    throw new Error(`not the address of a DNS server: "${text}" (write 192.0.2.1:53 or [2001:db8::1]:53)`)
  return { host, port, family: bracketed === undefined ? 4 : 6, text }
}

/** Those of the list; of an empty list the system's. */
export const readServers = (servers: readonly string[]): readonly ServerAddress[] =>
  (servers.length > 0 ? servers : getServers()).map(readServer)
