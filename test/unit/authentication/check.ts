/**
 * One message through all checks in this thread, with a DNS out of a map.
 */
import { setImmediate } from 'node:timers/promises'
import type { MessageFacts } from '../../../src/authentication/facts.ts'
import { createLookups } from '../../../src/authentication/lookups.ts'
import { checkMessage } from '../../../src/authentication/message.ts'
import { createBoundedMap } from '../../../src/lib/bounded-map.ts'
import { authorOf } from '../../../src/mail/author.ts'
import { parseHeader } from '../../../src/mail/header-fields.ts'
import { type MessageEvidence, noSpf } from '../../../src/policy/authentication/evidence.ts'
import type { DnsRecords } from '../../support/dns.ts'
import { mapResolver } from '../../support/signed-mail.ts'

export interface Checking extends Partial<MessageFacts> {
  readonly queries?: number
  /** Error codes by name. */
  readonly fail?: Readonly<Record<string, string>>
  /** Told of each question that is sent. */
  readonly asked?: string[]
}

export function check(raw: Buffer, records: ReadonlyMap<string, DnsRecords>, options: Checking = {}): Promise<MessageEvidence> {
  const { queries = 100, fail, asked = [], ...facts } = options
  const header = parseHeader(raw)
  const find = mapResolver(records, fail)
  const budget = {
    used: () => asked.length,
    async resolve(name: string, type: string) {
      if (asked.length >= queries) throw Object.assign(new Error('too many'), { code: 'EQUERYLIMIT' })
      asked.push(`${type} ${name}`)
      return find(name, type)
    },
  }
  const pieces: Buffer[] = []
  for (let at = 0; at < raw.length; at += 64 * 1024) pieces.push(raw.subarray(at, at + 64 * 1024))
  // Pieces come with events between them, as in the thread.
  const nextPiece = async (): Promise<Buffer | null> => {
    await setImmediate()
    return pieces.shift() ?? null
  }
  const defaults = {
    client: '192.0.2.1',
    author: authorOf(header),
    subjects: header.count('subject'),
    spf: noSpf,
    names: false,
    at: Date.now(),
  }
  return checkMessage({ ...defaults, ...facts }, nextPiece, {
    lookups: createLookups(budget),
    keys: createBoundedMap(100),
  })
}
