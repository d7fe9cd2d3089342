/**
 * A site for tests of the core and the listeners: `incoming+KEY@in.test` (keys GoodKey, Expired, Revoked, Down, and any
 * that begins with Slow, answered later), `%{key}@all.test`, `reply@dedicated.test` with keys in References.
 */
import { newId } from '../../src/lib/id.ts'
import { createGovernor } from '../../src/policy/governor/governor.ts'
import { createBudget } from '../../src/policy/limits/budget.ts'
import { buildDirectory } from '../../src/policy/recipient/directory.ts'
import { type AddressPattern, compilePattern } from '../../src/policy/recipient/pattern.ts'
import { compileReferences } from '../../src/policy/recipient/references.ts'
import type { ScreeningSettings } from '../../src/policy/screening/actions.ts'
import type { Handoff } from '../../src/transaction/handoff.ts'
import type { KeyCheck, KeyVerifier, Log, TransactionRow } from '../../src/transaction/ports.ts'
import type { Mailbox, Route, Site } from '../../src/transaction/site.ts'
import { type MemorySpool, memorySpool } from './memory-spool.ts'

export interface TestSite extends Site {
  readonly spool: MemorySpool
  readonly rows: TransactionRow[]
  readonly logged: { level: string; fields: object; text: string }[]
}

const answers: ReadonlyMap<string, KeyCheck> = new Map<string, KeyCheck>([
  ['GoodKey', { kind: 'valid', claims: { subject: 'ticket-1' } }],
  ['goodkey', { kind: 'unknown' }],
  ['Expired', { kind: 'expired', expired: 0 }],
  ['Revoked', { kind: 'revoked' }],
  ['Down', { kind: 'unavailable', cause: 'store is down' }],
])

export const testVerifier: KeyVerifier = {
  verify({ key }) {
    if (key === 'Throws') throw new Error('secret detail of a bug')
    if (key === 'Rejects') return Promise.reject(new Error('secret detail of a bug'))
    const check = answers.get(key.replace(/^Slow/, '')) ?? { kind: 'unknown' }
    return key.startsWith('Slow') ? new Promise(resolve => setTimeout(resolve, 5, check)) : check
  },
}

/** For sites whose routes are all `queued`. */
const nobodyAsks: Handoff = {
  ask() {
    throw new Error('asked without handoff: inline')
  },
  release() {
    throw new Error('asked without handoff: inline')
  },
}

export const defaultScreening: ScreeningSettings = { automatic: 'discard', 'null-reverse-path': 'refuse' }

const pattern = (text: string): AddressPattern => {
  const compiled = compilePattern(text)
  if ('problem' in compiled) throw new Error(compiled.problem)
  return compiled
}

const references = (text: string) => {
  const compiled = compileReferences(text)
  if ('problem' in compiled) throw new Error(compiled.problem)
  return compiled
}

export function testSite(more: Partial<Site> = {}): TestSite {
  const rows: TransactionRow[] = []
  const logged: { level: string; fields: object; text: string }[] = []
  const at = (level: string) => (fields: object, text: string) => void logged.push({ level, fields, text })
  const log: Log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
  const route: Route = {
    name: 'reply',
    verifier: testVerifier,
    caseSensitive: true,
    destinations: [{ processor: 'shelf', settled: 'delivered' }],
    handoff: 'queued',
    screening: defaultScreening,
    require: null,
  }
  const mailbox = (name: string, extra: Partial<Mailbox> = {}): [string, Mailbox] => [
    name,
    { name, routes: [route], references: null, ...extra },
  ]
  return {
    hostname: 'mx.in.test',
    directory: buildDirectory([
      { mailbox: 'incoming', pattern: pattern('incoming+%{key}@in.test') },
      { mailbox: 'all', pattern: pattern('%{key}@all.test') },
      { mailbox: 'dedicated', pattern: pattern('reply@dedicated.test') },
      { mailbox: 'robots', pattern: pattern('robots+%{key}@in.test') },
      { mailbox: 'open', pattern: pattern('open@in.test') },
    ]),
    mailboxes: new Map([
      mailbox('incoming'),
      mailbox('all'),
      mailbox('dedicated', { references: references('reply-%{key}@app.test') }),
      mailbox('robots', { routes: [{ ...route, screening: { automatic: 'ignore', 'null-reverse-path': 'accept' } }] }),
      mailbox('open', { routes: [{ ...route, verifier: null }] }),
    ]),
    postmaster: {
      destination: { processor: 'shelf', settled: 'delivered' },
      messageSize: 2_000,
      perNetwork: createBudget({ size: 3, per: 86_400_000, entries: 100 }),
      share: 0.05,
      used: () => 0,
    },
    origins: {
      authenticator: null,
      spf: 'report',
      dmarc: 'enforce',
      isRelay: address => address.startsWith('127.'),
      trusted: { sealers: [], forwarders: [], isForwarder: () => false },
    },
    governor: createGovernor({ perKey: 0, perSender: 0, perPair: 0, entries: 10 }),
    notices: null,
    limits: { messageSize: 10_000, recipients: 5, relayGrace: 5 * 86_400_000 },
    spoolStatus: () => ({ writable: true, detail: '', used: 0, free: 1e9 }),
    notify: () => undefined,
    trace: { record: row => void rows.push(row) },
    clock: Date.now,
    inline: { deadline: 20_000, late: 'queue', handoff: nobodyAsks },
    log,
    newId,
    ...more,
    spool: memorySpool(),
    rows,
    logged,
  }
}
