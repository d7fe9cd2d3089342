/**
 * From the configuration to the site: mailboxes with their compiled addresses, routes with their verifiers, and where each
 * route's mail goes. Opens key verifiers; whoever calls this closes them.
 */
import type { Config } from '../config/config.ts'
import { fileKeys } from '../keys/file.ts'
import { signedKeys } from '../keys/signed.ts'
import { newId } from '../lib/id.ts'
import { createBudget } from '../policy/limits/budget.ts'
import { buildDirectory } from '../policy/recipient/directory.ts'
import { compilePattern } from '../policy/recipient/pattern.ts'
import { compileReferences } from '../policy/recipient/references.ts'
import type { Spool } from '../spool/sqlite/options.ts'
import type { Clock, KeyVerifier, Log, Trace } from '../transaction/ports.ts'
import type { Destination, Mailbox, Route, Site } from '../transaction/site.ts'

type MailboxConfig = Config['mailboxes'][number]
type RouteConfig = MailboxConfig['routes'][number]

export interface SiteParts {
  readonly spool: Spool
  readonly trace: Trace
  readonly clock: Clock
  readonly log: Log
  readonly notify: (processor: string) => void
}

/** RFC 5321 4.5.1 mail is for people: what one network may send in a day, and what part of the disk it may fill. */
const postmasterCaps = { messageSize: 1024 * 1024, perDay: 100, share: 0.05 } as const
const day = 24 * 60 * 60 * 1000
const networksRemembered = 100_000

export async function buildSite(config: Config, parts: SiteParts): Promise<Site & { close(): Promise<void> }> {
  const verifiers: KeyVerifier[] = []
  const mailboxes = new Map<string, Mailbox>()
  for (const mailbox of config.mailboxes) mailboxes.set(mailbox.name, await buildMailbox(config, { mailbox, log: parts.log, verifiers }))
  const entries = config.mailboxes.map(({ name, address }) => ({ mailbox: name, pattern: compiled(compilePattern(address)) }))
  return {
    hostname: config.hostname,
    directory: buildDirectory(entries),
    mailboxes,
    postmaster: {
      destination: destination(config, config.postmaster),
      messageSize: postmasterCaps.messageSize,
      perNetwork: createBudget({ size: postmasterCaps.perDay, per: day, entries: networksRemembered }),
      share: postmasterCaps.share,
      used: () => parts.spool.postmasterUse(),
    },
    limits: { messageSize: config.limits['message-size'], recipients: config.limits.recipients, relayGrace: 0 },
    spool: parts.spool,
    spoolStatus: () => parts.spool.status(),
    trace: parts.trace,
    clock: parts.clock,
    log: parts.log,
    notify: parts.notify,
    newId,
    async close() {
      for (const verifier of verifiers) await verifier.close?.()
    },
  }
}

interface MailboxParts {
  readonly mailbox: MailboxConfig
  readonly log: Log
  readonly verifiers: KeyVerifier[]
}

async function buildMailbox(config: Config, { mailbox, log, verifiers }: MailboxParts): Promise<Mailbox> {
  const routes: Route[] = []
  for (const route of mailbox.routes) {
    const verifier = await openVerifier(route, log)
    if (verifier !== null) verifiers.push(verifier)
    routes.push({
      name: route.name,
      verifier,
      caseSensitive: true,
      destination: destination(config, route.processor),
      screening: route.screening,
    })
  }
  const references = mailbox.references === undefined ? null : compiled(compileReferences(mailbox.references))
  return { name: mailbox.name, routes, references }
}

async function openVerifier({ key }: RouteConfig, log: Log): Promise<KeyVerifier | null> {
  if (key === undefined) return null
  if ('signed' in key)
    return signedKeys({ secrets: new Map(Object.entries(key.signed.secrets).map(([id, secret]) => [id, secret.reveal()])) })
  return fileKeys({ path: key.file, log })
}

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
