/**
 * The names of a client that lead back to it (RFC 8601 2.7.3, iprev; RFC 7208 5.5): at most 10 of its PTR records, each of which must
 * have the address among its own.
 */
import { bounds } from './bounds.ts'
import { addressOctets, reverseName } from './ip.ts'
import type { Lookups } from './lookups.ts'
import { formatDomain } from './mailauth.ts'

export interface Names {
  /** Lower case, without a final dot, each once. */
  readonly names: readonly string[]
  /** There may be more: the DNS gave no answer. */
  readonly temporary: boolean
}

export async function confirmedNames(client: string, lookups: Lookups): Promise<Names> {
  const octets = addressOctets(client)
  if (octets === null) return { names: [], temporary: false }
  const watched = lookups.watched()
  const find = async (name: string, type: string): Promise<string[]> => {
    const records: unknown[] = await watched.resolve(name, type).catch(() => [])
    return records.filter((record): record is string => typeof record === 'string')
  }
  const pointers = (await find(reverseName(octets), 'PTR')).slice(0, bounds.pointers).map(name => formatDomain(name))
  const wanted = octets.join('.')
  const confirmed = await Promise.all(
    pointers.map(async name => {
      const addresses = name === '' ? [] : await find(name, octets.length === 4 ? 'A' : 'AAAA')
      return addresses.some(address => addressOctets(address)?.join('.') === wanted)
    }),
  )
  return { names: [...new Set(pointers.filter((_, i) => confirmed[i]))], temporary: watched.temporary }
}
