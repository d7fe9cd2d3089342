/**
 * The one schema of the configuration: it yields the types, the validation, docs/config.md, the JSON Schema for editors and
 * what `check` prints. Sections are added here when the code behind them exists; until then their names are unknown keys.
 */
import * as z from 'zod'
import { authentication } from './authentication.ts'
import { contentSection, linksSection } from './content.ts'
import { deliverySection } from './delivery.ts'
import { domain, duration, name, oneOf, section, size, text, whole } from './leaves.ts'
import { listenersSection } from './listeners.ts'
import { mailboxesSection, screeningShape } from './mailboxes.ts'
import { noticesSection } from './notices.ts'
import { processorsSection } from './processors.ts'
import type { ReadSecret } from './secret.ts'

const KiB = 1024
const MiB = 1024 * KiB
const GiB = 1024 * MiB
const second = 1_000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

const many = { min: 1, max: 1_000_000_000 }
const perHour = { min: 0, max: 1_000_000_000 }

const limits = section('What one message, one client and all of them may ask for.', {
  'message-size': size('Largest message, announced by SIZE (RFC 1870).', { min: KiB, max: GiB }).prefault('25MiB'),
  recipients: whole('Recipients of one mail transaction.', { min: 1, max: 10_000 }).prefault(100),
  connections: whole('Connections at once, per process; trusted relays may have as many again.', { min: 1, max: 100_000 }).prefault(1_000),
  'connections-per-network': whole('Connections at once from one /24 or /64 network.', { min: 1, max: 100_000 }).prefault(50),
  'unknown-recipients': whole(
    'Unknown recipients that one network may ask for in 10 minutes before it is slowed down, then cut off.',
    many,
  ).prefault(10),
  errors: whole('Errors of one network in 10 minutes before it is cut off.', many).prefault(20),
  'messages-per-key': whole('Messages an hour with one key; 0: any number.', perHour).prefault(1_000),
  'messages-per-sender': whole('Messages an hour from one sender; 0: any number.', perHour).prefault(1_000),
  'messages-per-pair': whole('Messages an hour from one sender with one key; 0: any number.', perHour).prefault(300),
  'transaction-time': duration('From MAIL to the end of data.', { min: second, max: day }).prefault('10m'),
  'idle-time': duration('Without an octet from the client (RFC 5321 4.5.3.2.7).', { min: second, max: day }).prefault('300s'),
  'minimum-rate': size('Octets of message data a second, at least; 0B for any.', { min: 0, max: GiB }).prefault('1KiB'),
  'relay-grace': duration(
    'At relay peers a key that expired no longer ago than this passes RCPT and is judged by the time at which the relay took the message.',
    { min: 0, max: 30 * day },
  ).prefault('5d'),
  'rate-grace': duration('How long data may come slowly before the rate counts.', { min: second, max: day }).prefault('30s'),
})

const spool = section('Where accepted mail is kept.', {
  sqlite: section('The embedded spool: one process, one folder.', {
    directory: text('Folder, made if it isn’t there.', 'the name of a folder').prefault('var/spool'),
    'minimum-free': size('With less free space on its disk, mail is deferred.', { min: 0, max: 1024 * GiB }).prefault('128MiB'),
  }).prefault({}),
})

const kept = { min: minute, max: 3650 * day }

const retention = section('How long mail and traces are kept.', {
  delivered: duration('Delivered mail.', kept).prefault('7d'),
  discarded: duration('Discarded mail, releasable until then.', kept).prefault('7d'),
  held: duration('Held mail.', kept).prefault('30d'),
  failed: duration('Mail no processor took.', kept).prefault('30d'),
  transactions: duration('Traces of refused transactions.', kept).prefault('1d'),
})

const screening = section('Mail that machines write.', {
  automatic: screeningShape.automatic.prefault('discard'),
  vacation: screeningShape.vacation.prefault('ignore'),
  'null-reverse-path': screeningShape['null-reverse-path'].prefault('refuse'),
})

const log = section('The log on standard output.', {
  level: oneOf('Least important lines that are written.', ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).prefault('info'),
})

/** Secrets are resolved while parsing, by `read`. */
export const configSchema = (read: ReadSecret) =>
  section('The configuration of Postern.', {
    hostname: domain('Our name in greetings, Received fields and the loop mark.'),
    listeners: listenersSection(read),
    spool: spool.prefault({}),
    mailboxes: mailboxesSection(read),
    processors: processorsSection(read),
    postmaster: z.exactOptional(
      name('Name of the processor for mail to postmaster (RFC 5321 4.5.1). If left out: the first inbox, or one that is added.'),
    ),
    limits: limits.prefault({}),
    'line-endings': z.exactOptional(
      oneOf('A bare CR, bare LF or NUL in the data: reject or normalize. If left out: reject at origin peers, normalize at relay peers.', [
        'reject',
        'normalize',
      ]),
    ),
    screening: screening.prefault({}),
    authentication: authentication.prefault({}),
    notices: z.exactOptional(noticesSection(read)),
    delivery: deliverySection.prefault({}),
    content: contentSection.prefault({}),
    links: z.exactOptional(linksSection),
    retention: retention.prefault({}),
    log: log.prefault({}),
  })

/** As parsed: durations in milliseconds, sizes in octets, secrets hidden. load.ts makes `Config` of it. */
export type Parsed = z.infer<ReturnType<typeof configSchema>>
