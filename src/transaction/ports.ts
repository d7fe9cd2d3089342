/**
 * The doors of the core: what a mail transaction needs from the outside, as types. Adapters (keys, spool, delivery,
 * listeners, observe) implement or use these and never import each other; main.ts joins them.
 * Times are milliseconds since 1970 (`at`, `received`, `due`) or plain milliseconds (durations); sizes are octets.
 */
import type { Author } from '../mail/author.ts'
import type { Client, Protocol } from '../mail/envelope.ts'
import type { Authentication, Machine } from '../policy/authentication/answer.ts'
import type { MessageEvidence, Spf } from '../policy/authentication/evidence.ts'
import type { Reason } from '../policy/reasons.ts'

// ---------------------------------------------------------------- keys

/** What a valid key tells about its holder. All optional: a plain list of keys claims nothing. */
export interface Claims {
  /** The application's own id for what the key stands for. */
  readonly subject?: string
  /** Addresses or domains that may use the key; of none nobody may. */
  readonly senders?: readonly string[]
  /** Bound to a sender whom the verifier knows only as a hash: asked again with `author` it gives `senders`. */
  readonly senderHash?: true
  /** When the key stops being good. */
  readonly expires?: number
  /** Which secret signed it. */
  readonly keyId?: string
}

export interface KeyQuery {
  readonly mailbox: string
  readonly route: string
  /** As received, case kept. */
  readonly key: string
  /** The recipient address as received, and the reverse-path ('' for the null one). */
  readonly recipient: string
  readonly sender: string
  readonly client: string | null
  readonly at: number
  /** RFC5322.From, where it is authenticated: for keys whose claims have `senderHash`, at the end of data. */
  readonly author?: string
}

export type KeyCheck =
  | { readonly kind: 'valid'; readonly claims: Claims }
  | { readonly kind: 'unknown' }
  /** `claims`: of the key while it was good, where the store tells them; a relay's mail may have come then. */
  | { readonly kind: 'expired'; readonly expired: number; readonly claims?: Claims }
  | { readonly kind: 'revoked' }
  /** The store gave no answer. `cause` is for the log, never for the peer. */
  | { readonly kind: 'unavailable'; readonly cause: string }

/**
 * Verifiers never throw for an answer, and answer without a promise where they can: a flood of unknown recipients is
 * refused at the speed of the slowest step here.
 */
export interface KeyVerifier {
  verify(query: KeyQuery): KeyCheck | Promise<KeyCheck>
  /** The answer is the same for a key in any mixture of upper and lower case. Absent: it may not be. */
  readonly foldsCase?: boolean
  /** By the grammar alone, no store asked: whether this key, written in some mixture of case, could be good. Absent: any could. */
  mayBe?(key: string): boolean
  /** Drops what is remembered of one key, or of all. Gives how many answers that were; absent: nothing is remembered. */
  forget?(key?: string): number
  close?(): void | Promise<void>
}

// ---------------------------------------------------------------- authentication

/** Whole messages in memory, or read piece by piece. Whoever gets it must not keep or change the octets. */
export type MessageOctets = readonly Uint8Array[] | AsyncIterable<Uint8Array>

export interface SpfQuestion {
  readonly client: string
  readonly helo: string | null
  /** '' for the null reverse-path. */
  readonly sender: string
}

export interface MessageQuestion {
  readonly client: string | null
  readonly author: Author
  /** How many Subject fields there are. */
  readonly subjects: number
  readonly spf: Spf
  /** Look up the client's forward-confirmed names if DMARC or SPF fails. */
  readonly names: boolean
  readonly octets: MessageOctets
}

/** Checks where mail comes from. Never rejects: whatever goes wrong, here or in the DNS, is a `temperror`. */
export interface Authenticator {
  spf(question: SpfQuestion): Promise<Spf>
  message(question: MessageQuestion): Promise<MessageEvidence>
  close(): Promise<void>
}

// ---------------------------------------------------------------- spool

export type DeliveryState = 'queued' | 'delivering' | 'delivered' | 'held' | 'discarded' | 'failed'

/** What makes a delivery the same one when it is sent again (design: Durability). Hashed with the body by the spool. */
export interface IdempotencyKey {
  /** Everything but the body, in a canonical form that two different messages can't share. */
  readonly material: string
  /** The body doesn't count: `material` is all there is. */
  readonly alone?: true
  /** How long an equal one counts as a repeat: 7 days, or 1 hour for a message without Date or Message-ID. */
  readonly window: number
}

/** One recipient of one accepted message, to be handed to one processor; a recipient with two processors has two, with one idempotency id. */
export interface NewDelivery {
  readonly recipient: string
  readonly mailbox: string
  readonly route: string
  readonly key: string
  readonly claims: Claims
  readonly processor: string
  /** `delivering`: nobody but `Handoff.ask` settles it, or a restart queues it. */
  readonly state: 'queued' | 'delivering' | 'delivered' | 'held' | 'discarded'
  readonly reason: Reason | null
  readonly idempotency: IdempotencyKey
  readonly about?: About
}

/** Of a delivery that is a notice: what it tells its recipient of. */
export interface About {
  /** Whose mail was refused, as the sender wrote the address. */
  readonly recipient: string
  readonly reason: Reason
  /** What the application said of it, one line; for its own refusals alone. */
  readonly text?: string
}

/** One accepted message with all its deliveries; written as a whole or not at all. */
export interface NewMessage {
  /** The transaction's id. */
  readonly id: string
  readonly received: number
  /** RFC5321.MailFrom, '' for the null reverse-path. */
  readonly sender: string
  readonly client: Client
  readonly protocol: Protocol
  readonly listener: string
  /** From the header, decoded as far as needed to be read by a person; bounded at 1,000 characters. */
  readonly subject: string
  readonly messageId: string
  readonly from: string
  /** Octets from the start of `body` where the body proper begins (after the empty line); the header before it is not hashed. */
  readonly bodyStart: number
  /** Over the size limit at a relay peer: `body` is cut off there. */
  readonly truncated: boolean
  /** How it was decided, for people: shown by the page and the API. */
  readonly decisions: readonly Decision[]
  /** Absent: nothing was checked. */
  readonly authentication?: Authentication
  /** Which kind of machine wrote it. */
  readonly machine: Machine
  /** Who may be told if the message is refused later; null: nobody. */
  readonly notify: string | null
  readonly deliveries: readonly NewDelivery[]
}

/** One step of the way a transaction was decided. */
export interface Decision {
  readonly stage: 'connect' | 'mail' | 'rcpt' | 'data' | 'spool'
  /** The recipient it is about, where it is about one. */
  readonly recipient?: string
  readonly verdict: 'accept' | 'reject' | 'defer' | 'hold' | 'discard' | 'tag'
  readonly reason?: Reason
  /** For people: what was found. */
  readonly detail?: string
}

/**
 * A message body on its way in. Bounded memory: `write` returns a promise when the sender must wait for it. Exactly one of
 * `commit` and `abort` ends it; after `abort`, or a crash, nothing is kept.
 */
export interface BodySink {
  /** `chunk` is the sink's from now on: the caller must not change it. */
  write(chunk: Uint8Array): void | Promise<void>
  /** Resolves after the flush: from then on the message survives a crash. Rejects with SpoolUnavailable and keeps nothing. */
  commit(message: NewMessage): Promise<Committed>
  /** What was written, to be looked at before the commit; not to be used after it. Rejects, while it is read, with SpoolUnavailable. */
  read(): MessageOctets
  abort(): void
}

/** For each of `message.deliveries`, in order. */
export interface Committed {
  readonly deliveries: readonly (
    | { readonly kind: 'new'; readonly id: number }
    /** An equal delivery is here already: nothing was added. `message` is the id of the message that brought it. */
    | { readonly kind: 'repeat'; readonly message: string }
  )[]
}

/** The spool can't keep anything now. `full`: no space, read-only or below the configured minimum; else something unexpected. */
export class SpoolUnavailable extends Error {
  override readonly name = 'SpoolUnavailable'
  readonly full: boolean
  constructor(message: string, full: boolean, cause?: unknown) {
    super(message, { cause })
    this.full = full
  }
}

/** The part of the spool that a transaction uses. */
export interface SpoolIntake {
  /** Throws SpoolUnavailable at once where the spool already knows that it can't keep anything. */
  open(): BodySink
}

/** A delivery as the runner sees it: enough to call the processor. */
export interface Delivery {
  readonly id: number
  readonly message: string
  readonly recipient: string
  readonly mailbox: string
  readonly route: string
  readonly key: string
  readonly claims: Claims
  readonly processor: string
  /** Stable over retries, restarts and re-sends of the same mail: 32 hexadecimal digits. */
  readonly idempotencyId: string
  /** Attempts made before this one. */
  readonly attempts: number
  /** When the first attempt was due; giving up is counted from here. */
  readonly since: number
  readonly received: number
  readonly sender: string
  readonly client: Client
  readonly protocol: Protocol
  readonly subject: string
  readonly messageId: string
  readonly size: number
  readonly authentication: Authentication | null
  readonly machine: Machine
  readonly notify: string | null
  /** Of a notice: what it tells of. */
  readonly about: About | null
}

/** What the application wrote, an HTTP answer's body or a program's output: several lines, for the people who look at the delivery. */
interface Answered {
  readonly answer?: string
}

/** What became of one attempt. */
export type Outcome = Answered & OutcomeKind

type OutcomeKind =
  /** `verdict`: what the application said to do with the mail it has understood; absent: it said nothing but yes. */
  | { readonly kind: 'delivered'; readonly detail?: string; readonly verdict?: 'accept' | 'hold' | 'discard' }
  /** `gone`: it will not get better by itself; the processor is to be left alone until a person has looked. */
  | { readonly kind: 'retry'; readonly after?: number; readonly detail: string; readonly gone?: true }
  /** `refusal`: the application's words for the sender, one line; absent: the message can't be taken, and nobody has words for it. */
  | { readonly kind: 'failed'; readonly detail: string; readonly refusal?: string }

/** How the runner settles an attempt in the spool. */
export type Settlement = Answered & SettlementState

type SettlementState =
  | { readonly state: 'delivered'; readonly detail: string }
  | { readonly state: 'queued'; readonly due: number; readonly detail: string }
  /** By the application's verdict; `reason` as the delivery has it from then on. */
  | { readonly state: 'held' | 'discarded'; readonly reason: Reason; readonly detail: string }
  /** `follow`: a notice about it, for the same message; written in the same step, unless it is a repeat. */
  | { readonly state: 'failed'; readonly reason?: Reason; readonly detail: string; readonly follow?: NewDelivery }
  /**
   * The client was told to come again (451). Becomes `discarded` for `reason`, so that the mail is new when it comes; but where it has come
   * already, and was answered 250 as a repeat of this one, it is ours: `queued` for `due`.
   */
  | { readonly state: 'dropped'; readonly reason: Reason; readonly due: number; readonly detail: string }

/** The part of the spool that the delivery runner uses. */
export interface SpoolQueue {
  /**
   * Takes up to `limit` due deliveries of one processor and marks them `delivering`: by turns the one that is due longest and the one
   * that became due last, so that neither a backlog nor new mail waits for the other.
   */
  claim(processor: string, limit: number, at: number): Promise<readonly Delivery[]>
  /** One that was committed as `delivering`, its attempt counted; null where it isn't under way any more. */
  take(delivery: number, at: number): Promise<Delivery | null>
  settle(delivery: number, settlement: Settlement): Promise<void>
  /** When the next queued delivery of `processor` is due; null where none is. */
  nextDue(processor: string): Promise<number | null>
  /** The raw message as received. */
  raw(message: string): Promise<AsyncIterable<Uint8Array>>
}

// ---------------------------------------------------------------- trace

/** What one transaction left behind, refused or accepted. `count` is over 1 where a flood of equal refusals was collapsed. */
export interface TransactionRow {
  readonly id: string
  readonly at: number
  readonly listener: string
  readonly client: string | null
  readonly helo: string | null
  readonly sender: string | null
  readonly recipients: readonly string[]
  /** The reply that ended it: "250 2.6.0 …". */
  readonly reply: string
  readonly verdict: Decision['verdict']
  readonly reason: Reason | null
  readonly decisions: readonly Decision[]
  /** The message's id where one was kept. */
  readonly message: string | null
  readonly count: number
}

export interface TransactionFilter {
  readonly limit?: number
  readonly id?: string
  readonly reason?: string
  readonly verdict?: string
  readonly client?: string
  readonly recipient?: string
  /** Only rows older than this time. */
  readonly before?: number
}

/** Where transactions leave their trace. Never blocks, never throws; a burst may be collapsed into counted rows. */
export interface Trace {
  record(row: TransactionRow): void
}

/**
 * Keeps trace rows for `retention.transactions`. Rows of kept messages are not given to it: the message itself is their
 * trace, and `SpoolDesk.transactions` shows both. Lazy: a crash may lose the last moments; an error is logged, never thrown.
 */
export interface TraceStore {
  store(rows: readonly TransactionRow[]): void
}

// ---------------------------------------------------------------- delivery

/** Who receives accepted mail. Called with one delivery at a time; must give an outcome within its own time-out. */
export interface Processor {
  /** How many calls may be under way at once. */
  readonly concurrency: number
  /** Milliseconds within which a call ends by itself; the runner aborts one that takes clearly longer. Default 60 s. */
  readonly timeout?: number
  /**
   * The parsed view that it will ask for, made before the call, so that the time in which the message waits to be parsed isn't the
   * processor's; null: none, or it couldn't be handed over now anyway.
   */
  content?(): ContentOptions | null
  deliver(delivery: Delivery, message: MessageSource, signal: AbortSignal): Promise<Outcome>
  close?(): void | Promise<void>
}

/**
 * The message a processor is given. `traceFields` are ours (Authentication-Results, Return-Path, Delivered-To, Received), to stand
 * before `raw`: the message as received but for Authentication-Results fields that somebody wrote in our name (RFC 8601 5).
 */
export interface MessageSource {
  traceFields(): string
  raw(): Promise<AsyncIterable<Uint8Array>>
  /** What a bounce reports, as plain data, the same at every call; null where the message is none. Absent: bounces are not read. */
  bounce?(): Promise<unknown>
  /**
   * The parsed view, mail/content.ts `Content` as JSON in UTF-8; the same octets at every call with the same options. What can't be parsed
   * within the budget says so in its `status`. Rejects only where the message can't be read. Absent: nothing is parsed.
   */
  content?(options: ContentOptions): Promise<Uint8Array>
  /** A link by which the raw message can be fetched without a token, for a time; null where no links are configured. */
  link?(): string | null
}

export interface ContentOptions {
  /** Attachments of up to so many octets stand in the content itself. */
  readonly inline: number
  /** What becomes of larger ones: a link, where links are configured, or nothing but name, type, size and hash. */
  readonly larger: 'link' | 'omit'
}

// ---------------------------------------------------------------- the rest

/** Milliseconds since 1970. Injected so that tests own the time. */
export type Clock = () => number

/** The structured log, as far as the core needs it: pino fits. */
export interface Log {
  debug(fields: object, text: string): void
  info(fields: object, text: string): void
  warn(fields: object, text: string): void
  error(fields: object, text: string): void
}
