/**
 * A DNS server on loopback that answers out of records, over UDP and TCP: what signed-mail.ts makes, served without another program.
 * `delay` milliseconds late; `silent` names get no answer at all.
 */
import { type Answer, encode, TRUNCATED_RESPONSE } from 'dns-packet'
import type { DnsRecords } from './dns.ts'
import { records as answerWith, type ScriptedAnswer, type ScriptedDns, type ScriptedQuestion, scriptedDns } from './scripted-dns.ts'

export interface MapDns extends ScriptedDns {
  /** May be changed while it runs. */
  readonly records: Map<string, DnsRecords>
  readonly silent: Set<string>
}

export interface MapDnsOptions {
  readonly records?: ReadonlyMap<string, DnsRecords>
  readonly delay?: number
}

export async function mapDns({ records = new Map(), delay = 0 }: MapDnsOptions = {}): Promise<MapDns> {
  const served = new Map(records)
  const silent = new Set<string>()
  const dns = await scriptedDns(async question => {
    if (delay > 0) await new Promise(resolve => setTimeout(resolve, delay))
    return silent.has(question.key) ? null : answer(question, served.get(question.key))
  })
  return { ...dns, records: served, silent }
}

function answer(question: ScriptedQuestion, found: DnsRecords | undefined): ScriptedAnswer {
  if (found === undefined) return { rcode: 3 }
  const list = (found[question.type as 'A'] ?? []).map(record => ({ data: dataOf(record, question.type) }))
  const packet = answerWith(question, list as (Partial<Answer> & { data: unknown })[])
  const fits = question.over === 'tcp' || encode({ type: 'response', questions: question.packet.questions!, ...packet }).length <= 1200
  return fits ? packet : { flags: TRUNCATED_RESPONSE }
}

/** One string of TXT holds at most 255 octets. */
const dataOf = (record: unknown, type: string): unknown =>
  type === 'TXT' ? (typeof record === 'string' ? (record.match(/.{1,255}/gs) ?? ['']) : record) : record
