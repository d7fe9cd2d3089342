/**
 * What a packet says about a question: records, that there are none (RFC 2308), where an alias leads (RFC 1034 3.6.2), or nothing
 * of use. Takes only records of the question's own chain, whatever else is in the packet. Pure; times to live in milliseconds.
 */
import type { DecodedPacket, Answer as PacketRecord } from 'dns-packet'
import { type Question, readName } from './question.ts'
import { type DnsRecord, readRecord } from './records.ts'

export type Found =
  | { readonly kind: 'records'; readonly records: readonly DnsRecord[]; readonly ttl: number }
  | { readonly kind: 'none'; readonly code: 'ENOTFOUND' | 'ENODATA'; readonly ttl: number }

export type Failed = { readonly kind: 'failed'; readonly code: 'ESERVFAIL' | 'EREFUSED' | 'ETIMEOUT' }

/** The chain of aliases leaves the packet: ask for `name`. */
export type Continues = { readonly kind: 'continues'; readonly name: string; readonly aliases: number; readonly ttl: number }

export const ttl = {
  least: 1_000,
  most: 86_400_000,
  /** RFC 2308 5 would allow hours: a record that was just published should be seen sooner. */
  mostNegative: 900_000,
  withoutSoa: 60_000,
} as const

/** Aliases followed for one question, also over several packets. */
export const aliasesAtMost = 8

const servfail: Failed = { kind: 'failed', code: 'ESERVFAIL' }
const refused: Failed = { kind: 'failed', code: 'EREFUSED' }

const NOERROR = 0
const NXDOMAIN = 3
const REFUSED = 5

export const rcodeOf = ({ flags = 0 }: DecodedPacket): number => flags & 15

export function readAnswer(packet: DecodedPacket, question: Question): Found | Continues | Failed {
  const rcode = rcodeOf(packet)
  if (rcode === REFUSED) return refused
  if (rcode !== NOERROR && rcode !== NXDOMAIN) return servfail
  const chain = walk(packet.answers ?? [], question)
  if (chain === null) return servfail
  if (rcode === NXDOMAIN) return none('ENOTFOUND', packet, chain)
  if (chain.records.length > 0) return { kind: 'records', records: chain.records, ttl: within(chain.ttl, ttl.most) }
  return withoutRecords(packet, chain)
}

function withoutRecords(packet: DecodedPacket, chain: Chain): Found | Continues | Failed {
  if (soaOf(packet, chain.name) !== null) return none('ENODATA', packet, chain)
  if (chain.aliases > 0) return { kind: 'continues', name: chain.name, aliases: chain.aliases, ttl: within(chain.ttl, ttl.most) }
  // Servers named and no SOA: the way to an answer, from a server that doesn't go it (RFC 2308 2.2.1).
  const referral = !packet.flag_aa && (packet.authorities ?? []).some(record => record.type === 'NS')
  return referral ? servfail : none('ENODATA', packet, chain)
}

interface Chain {
  /** Where the aliases end. */
  readonly name: string
  readonly aliases: number
  readonly records: readonly DnsRecord[]
  readonly ttl: number
}

/** From the question's name over its aliases, in whatever order they stand; null for a loop, too many, or a name that is none. */
function walk(answers: readonly PacketRecord[], { name: start, type }: Question): Chain | null {
  const byOwner = group(answers)
  let life = Number.POSITIVE_INFINITY
  let name = start
  for (let aliases = 0; aliases <= aliasesAtMost; aliases++) {
    const here = byOwner.get(name) ?? []
    const wanted = here.filter(record => record.type === type)
    const records = wanted.map(record => readRecord(type, record)).filter(record => record !== null)
    if (records.length > 0) return { name, aliases, records, ttl: Math.min(life, ...wanted.map(lifeOf)) }
    const alias = type === 'CNAME' ? undefined : here.find(record => record.type === 'CNAME')
    if (alias === undefined) return { name, aliases, records, ttl: life }
    const target = readName(String((alias as { data?: unknown }).data))
    if (target.kind !== 'name') return null
    life = Math.min(life, lifeOf(alias))
    name = target.name
  }
  return null
}

function group(answers: readonly PacketRecord[]): ReadonlyMap<string, readonly PacketRecord[]> {
  const byOwner = new Map<string, PacketRecord[]>()
  for (const record of answers) {
    if (record.type === 'OPT' || record.class !== 'IN') continue
    const owner = record.name.toLowerCase()
    const others = byOwner.get(owner)
    if (others === undefined) byOwner.set(owner, [record])
    else others.push(record)
  }
  return byOwner
}

/** A time to live with the highest bit set is none (RFC 2181 8). */
const seconds = (value: number | undefined): number => (value === undefined || value > 0x7fffffff ? 0 : value) * 1_000
const lifeOf = (record: PacketRecord): number => seconds((record as { ttl?: number }).ttl)
const within = (life: number, most: number): number => Math.min(Math.max(life, ttl.least), most)

function none(code: 'ENOTFOUND' | 'ENODATA', packet: DecodedPacket, chain: Chain): Found {
  return { kind: 'none', code, ttl: within(Math.min(chain.ttl, soaOf(packet, chain.name) ?? ttl.withoutSoa), ttl.mostNegative) }
}

/** How long "none" holds (RFC 2308 5), from the SOA of a zone that `name` is in; null without one. */
function soaOf(packet: DecodedPacket, name: string): number | null {
  for (const record of packet.authorities ?? []) {
    if (record.type !== 'SOA' || !isWithin(name, record.name.toLowerCase())) continue
    return Math.min(lifeOf(record), seconds(record.data.minimum))
  }
  return null
}

const isWithin = (name: string, zone: string): boolean => zone === '.' || name === zone || name.endsWith(`.${zone}`)
