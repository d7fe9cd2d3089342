/**
 * From the configuration to the site: mailboxes with their compiled addresses, routes with their verifiers, and where each
 * route's mail goes. Opens key verifiers; whoever calls this closes them.
 */
import { isIP } from 'node:net'
import type { Config } from '../config/config.ts'
import { newId } from '../lib/id.ts'
import { trustedPeers } from '../lib/trusted.ts'
import { createGovernor, type Governor, type GovernorOptions } from '../policy/governor/governor.ts'
import { type Budget, createBudget } from '../policy/limits/budget.ts'
import { buildDirectory } from '../policy/recipient/directory.ts'
import { compilePattern } from '../policy/recipient/pattern.ts'
import { compileReferences } from '../policy/recipient/references.ts'
import type { Spool } from '../spool/sqlite/options.ts'
import type { Handoff } from '../transaction/handoff.ts'
import type { Authenticator, Clock, KeyVerifier, Log, Trace } from '../transaction/ports.ts'
import type { Destination, Mailbox, Origins, Route } from '../transaction/site.ts'
import type { OpenSite } from './sites.ts'
import { openVerifier } from './verifiers.ts'

type MailboxConfig = Config['mailboxes'][number]

export interface SiteParts {
  readonly spool: Spool
  readonly trace: Trace
  readonly clock: Clock
  readonly log: Log
  readonly notify: (processor: string) => void
  readonly handoff: Handoff
  /** Of one server: what a network has sent to postmaster outlives a reload. */
  readonly postmasterBudget: Budget
  /** The caps of loops: what was counted outlives a reload that leaves them as they are. */
  readonly governorOf: (caps: Caps) => Governor
  /** null: nothing is checked. */
  readonly authenticator: Authenticator | null
}

/** RFC 5321 4.5.1 mail is for people: what one network may send in a day, and what part of the disk it may fill. */
const postmasterCaps = { messageSize: 1024 * 1024, perDay: 100, share: 0.05 } as const
const day = 24 * 60 * 60 * 1000
const remembered = 100_000

export const postmasterBudget = (): Budget => createBudget({ size: postmasterCaps.perDay, per: day, entries: remembered })

type Caps = Omit<GovernorOptions, 'entries'>

/** The same governor for the same caps. */
export function governors(): SiteParts['governorOf'] {
  let last: { readonly name: string; readonly governor: Governor } | null = null
  return caps => {
    const name = JSON.stringify(caps)
    if (last?.name !== name) last = { name, governor: createGovernor({ ...caps, entries: remembered }) }
    return last.governor
  }
}

/** Rejects, with nothing left open, where a verifier can't be opened. */
export async function buildSite(config: Config, parts: SiteParts): Promise<OpenSite> {
  const verifiers: KeyVerifier[] = []
  const close = async (): Promise<void> => {
    await Promise.allSettled(verifiers.map(async verifier => verifier.close?.()))
  }
  const mailboxes = new Map<string, Mailbox>()
  try {
    for (const mailbox of config.mailboxes) mailboxes.set(mailbox.name, await buildMailbox(config, { ...parts, mailbox, verifiers }))
  } catch (error) {
    await close()
    throw error
  }
  const entries = config.mailboxes.map(({ name, address }) => ({ mailbox: name, pattern: compiled(compilePattern(address)) }))
  return {
    hostname: config.hostname,
    directory: buildDirectory(entries),
    mailboxes,
    postmaster: {
      destination: destination(config, config.postmaster),
      messageSize: postmasterCaps.messageSize,
      perNetwork: parts.postmasterBudget,
      share: postmasterCaps.share,
      used: () => parts.spool.postmasterUse(),
    },
    origins: originsOf(config, parts.authenticator),
    governor: parts.governorOf({
      perKey: config.limits['messages-per-key'],
      perSender: config.limits['messages-per-sender'],
      perPair: config.limits['messages-per-pair'],
    }),
    notices: config.notices === undefined ? null : { per: config.notices.per },
    limits: { messageSize: config.limits['message-size'], recipients: config.limits.recipients, relayGrace: config.limits['relay-grace'] },
    inline: { ...config.delivery.inline, handoff: parts.handoff },
    spool: parts.spool,
    spoolStatus: () => parts.spool.status(),
    trace: parts.trace,
    clock: parts.clock,
    log: parts.log,
    notify: parts.notify,
    newId,
    close,
  }
}

interface MailboxParts {
  readonly mailbox: MailboxConfig
  readonly log: Log
  readonly clock: Clock
  readonly verifiers: KeyVerifier[]
}

async function buildMailbox(config: Config, { mailbox, log, clock, verifiers }: MailboxParts): Promise<Mailbox> {
  const routes: Route[] = []
  for (const route of mailbox.routes) {
    const verifier = route.key === undefined ? null : await openVerifier(route.key, { log, clock })
    if (verifier !== null) verifiers.push(verifier)
    routes.push({
      name: route.name,
      verifier,
      caseSensitive: route['case-sensitive'],
      destinations: route.processors.map(processor => destination(config, processor)),
      handoff: route.handoff,
      screening: { ...route.screening, bounces: route.bounces },
      require: route.require ?? null,
    })
  }
  const references = mailbox.references === undefined ? null : compiled(compileReferences(mailbox.references))
  return { name: mailbox.name, routes, references }
}

function originsOf({ authentication: { spf, dmarc, trusted } }: Config, authenticator: Authenticator | null): Origins {
  const networks = trusted.forwarders.filter(isNetwork)
  return {
    authenticator,
    spf,
    dmarc,
    isRelay: trustedPeers(trusted.relays),
    trusted: {
      sealers: trusted.sealers,
      forwarders: trusted.forwarders.filter(forwarder => !isNetwork(forwarder)),
      isForwarder: trustedPeers(networks),
    },
  }
}

const isNetwork = (text: string): boolean => isIP(text.split('/')[0]!) !== 0

/** An inbox is the spool itself: its mail is delivered once it is kept. */
const destination = (config: Config, processor: string): Destination => ({
  processor,
  settled: 'inbox' in config.processors[processor]! ? 'delivered' : 'queued',
})

/** The loader has checked every pattern; one that fails here is a bug of ours. */
function compiled<T extends object>(result: T | { readonly problem: string }): T {
  if ('problem' in result) throw new Error(`a pattern that passed the check does not compile: ${String(result.problem)}`)
  return result
}
