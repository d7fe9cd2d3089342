/**
 * Records in the shapes of node:dns: strings for addresses and names, `{ exchange, priority }` for MX, the character strings of
 * each record for TXT. Names are in lower case: compressed ones repeat the question, whose case we chose at random.
 */
import { SocketAddress } from 'node:net'
import type { Answer } from 'dns-packet'
import type { RecordType } from './question.ts'

export type DnsRecord = string | readonly string[] | { readonly exchange: string; readonly priority: number }

/** Whoever asked may change what it gets (MX lists are sorted in place): copies, so that what is remembered stays as it is. */
export const copyRecords = (records: readonly DnsRecord[]): unknown[] =>
  records.map(record => (typeof record === 'string' ? record : 'exchange' in record ? { ...record } : [...record]))

/** Of a decoded record of this very type; null where its data are not what the type says. */
export function readRecord(type: RecordType, { data }: Answer & { readonly data?: unknown }): DnsRecord | null {
  if (type === 'TXT') return Array.isArray(data) ? data.map(text) : null
  if (type === 'MX') return readExchange(data)
  if (typeof data !== 'string') return null
  if (type === 'A') return data
  return type === 'AAAA' ? canonical(data) : bare(data)
}

function readExchange(data: unknown): DnsRecord | null {
  if (typeof data !== 'object' || data === null) return null
  const { preference, exchange } = data as { preference?: unknown; exchange?: unknown }
  return typeof preference === 'number' && typeof exchange === 'string' ? { exchange: bare(exchange), priority: preference } : null
}

// RFC 5952: addresses are compared as text.
const canonical = (address: string): string => new SocketAddress({ address, family: 'ipv6' }).address

// Octet for character, as node:dns does it: nothing is lost, and what should be ASCII can be seen not to be.
const text = (piece: unknown): string => (Buffer.isBuffer(piece) ? piece.toString('latin1') : String(piece))
/** The root, as in a null MX (RFC 7505), is the empty string. */
const bare = (name: string): string => (name === '.' ? '' : name.toLowerCase())

/** About how many octets of memory they take. */
export function sizeOf(records: readonly DnsRecord[]): number {
  let size = 0
  for (const record of records) {
    const pieces = typeof record === 'string' ? [record] : 'exchange' in record ? [record.exchange] : record
    for (const piece of pieces) size += 48 + piece.length
  }
  return size
}
