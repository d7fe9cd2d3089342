/**
 * The state of one session: who greeted, who the client is, and the transaction that is open. Its methods are the steps
 * that commands are made of; when a transaction ends, for whatever reason, what was forwarded about its client ends too.
 */
import type { Client, Protocol } from '../../mail/envelope.ts'
import * as replies from '../../mail/replies.ts'
import { type Reply, withText } from '../../mail/reply.ts'
import { type Reason, reasons } from '../../policy/reasons.ts'
import { defer } from '../../policy/verdict.ts'
import { beginTransaction, type MailCommand } from '../../transaction/at-mail.ts'
import { type EndOfData, refusedBySpool } from '../../transaction/commit.ts'
import { endTransaction } from '../../transaction/end-transaction.ts'
import type { Guard } from '../../transaction/guard.ts'
import { type Intake, openIntake } from '../../transaction/intake.ts'
import type { Decision } from '../../transaction/ports.ts'
import { dataReply } from '../../transaction/render.ts'
import type { Site } from '../../transaction/site.ts'
import { traceRefusal } from '../../transaction/trace-refusal.ts'
import { decided, type SessionFacts, type Transaction } from '../../transaction/transaction.ts'
import { type Answer, answer, answers } from './answer.ts'
import type { Forwarded } from './xforward.ts'

export interface DialogOptions {
  /** The site as it is now; a transaction keeps the one it began with. */
  readonly site: () => Site
  readonly guard: Guard
  readonly session: SessionFacts
  readonly lmtp: boolean
  /** The peer may tell us who its client is (XFORWARD). */
  readonly trusted: boolean
  /** What the peer itself does wrong costs it nothing: it is trusted, or a balancer that looks whether we live. */
  readonly exempt: boolean
  /** The socket's peer, or whom a balancer named by the PROXY protocol; null on a UNIX socket. */
  readonly peerAddress: string | null
  /** STARTTLS: null where there is no certificate. `required`: nothing is taken in the clear. */
  readonly tls: 'offered' | 'required' | null
}

/** One command's result: what is said, and what it is charged as. */
export interface Step {
  readonly answer: Answer
  /** `idle`: nothing wrong with it once, but it brings no transaction forward. */
  readonly charge?: 'error' | 'unknown' | 'idle'
}

/** How the client greeted; null before it did. */
export interface Greeting {
  readonly verb: 'HELO' | 'EHLO' | 'LHLO'
  readonly name: string
}

export interface Exchange {
  readonly options: DialogOptions
  /** Of the open transaction; between two, the one in force. */
  readonly site: Site
  greeting: Greeting | null
  /** TLS is active. */
  secured: boolean
  /** Octets behind the command that runs have come already. */
  more: boolean
  forwarded: Forwarded
  transaction: Transaction | null
  client(): Client
  /** A trusted peer said who its client is. */
  readonly told: boolean
  begin(mail: Pick<MailCommand, 'reversePath' | 'size' | 'smtpUtf8' | 'requireTls'>): Transaction
  /** Ends the open transaction, if there is one, with the reply that mattered last. */
  end(reply: Reply | null): void
  /** DATA: opens the way to the spool. */
  openData(): Answer
  write(chunk: Buffer): void | Promise<void>
  endOfData(flawed: boolean): Promise<Answer>
  /** The connection ends from our side. With a reason the refusal is traced, also where no transaction is open. */
  cut(reply: Reply, reason?: Reason): Answer
  gone(): void
  /** The handshake is done: what was said in the clear never happened (RFC 3207 4.2). */
  secure(): void
  /** The last refusal of the open transaction: what its trace will say if nothing better comes. */
  lastReply: Reply | null
}

/** No XFORWARD was given. Compared by identity. */
const nobody: Forwarded = Object.freeze({})

export function createExchange(options: DialogOptions): Exchange {
  const { session } = options
  let site = options.site()
  let intake: Intake | null = null
  let ending = false
  const exchange: Exchange = {
    options,
    get site() {
      if (exchange.transaction === null) site = options.site()
      return site
    },
    greeting: null,
    secured: false,
    more: false,
    forwarded: nobody,
    transaction: null,
    lastReply: null,
    client: () => clientOf(exchange),
    get told() {
      return exchange.forwarded !== nobody
    },
    begin(mail) {
      exchange.lastReply = null
      exchange.transaction = beginTransaction(exchange.site, session, {
        ...mail,
        client: clientOf(exchange),
        protocol: protocolOf(exchange, mail.smtpUtf8),
      })
      return exchange.transaction
    },
    end: reply => finish(reply, false),
    openData() {
      const transaction = exchange.transaction!
      try {
        intake = openIntake(site, transaction)
        return answer(replies.startMail, 'data')
      } catch (error) {
        const said = withText(reasons[refusedBySpool(site, transaction, error)].reply, transaction.id)
        finish(said, false)
        return answer(said)
      }
    },
    write: chunk => intake?.write(chunk),
    async endOfData(flawed) {
      const transaction = exchange.transaction!
      const { verdicts, kept } = await endIntake(transaction, flawed)
      const said = verdicts.map(verdict => dataReply(verdict, transaction.id))
      finish(said[0] ?? null, kept)
      // What a peer sent after a bare line ending may be meant for somebody else's reading of it: nothing more is read.
      const next = flawed && !session.normalizeLineEndings ? 'close' : 'command'
      return session.replyPerRecipient ? answers(said, next) : answer(said[0]!, next)
    },
    cut(reply, reason) {
      // What was received in full is being decided: the message's own end is its trace, whoever hears of it.
      if (ending) return answer(reply, 'close')
      if (exchange.transaction !== null) decided(exchange.transaction, { ...stopped(reply.text), ...(reason && { reason }) })
      else if (reason !== undefined) traceRefusal(exchange.site, { ...clientFacts(exchange), stage: 'connect', reason, reply })
      abort()
      finish(reply, false)
      return answer(reply, 'close')
    },
    gone() {
      if (ending) return
      if (intake !== null) decided(exchange.transaction!, stopped('the client left before the end of data'))
      abort()
      finish(exchange.lastReply, false)
    },
    secure() {
      exchange.secured = true
      exchange.greeting = null
      finish(null, false)
    },
  }

  async function endIntake(transaction: Transaction, flawed: boolean): Promise<EndOfData> {
    const received = intake!
    intake = null
    ending = true
    try {
      return await received.end(flawed)
    } catch (error) {
      site.log.error({ id: transaction.id, err: error }, 'unexpected error at the end of data')
      received.abort()
      decided(transaction, { stage: 'data', verdict: 'defer', reason: 'internal.error' })
      return { verdicts: transaction.recipients.map(() => defer('internal.error')), kept: false }
    } finally {
      ending = false
    }
  }
  function abort(): void {
    intake?.abort()
    intake = null
  }
  function finish(reply: Reply | null, kept: boolean): void {
    const { transaction } = exchange
    exchange.transaction = null
    exchange.forwarded = nobody
    if (transaction === null) return
    try {
      endTransaction(site, transaction, { reply: reply ?? exchange.lastReply, kept })
    } catch (error) {
      site.log.error({ id: transaction.id, err: error }, 'a transaction left no trace')
    }
  }
  return exchange
}

const stopped = (detail: string): Decision => ({ stage: 'connect', verdict: 'defer', detail })

/** Of a client that a refusal without a transaction is about. */
export const clientFacts = (exchange: Exchange) => ({
  listener: exchange.options.session.listener,
  client: exchange.client().address,
  helo: exchange.client().helo,
})

/** Told by a trusted peer, else the peer itself. A peer that forwards no address made the mail itself: no client is known. */
function clientOf({ options, greeting, forwarded, told }: Exchange): Client {
  if (!told) return { address: options.peerAddress, name: null, helo: greeting?.name ?? null, ident: null }
  return {
    address: forwarded.address ?? null,
    name: forwarded.name ?? null,
    helo: forwarded.helo ?? null,
    ident: forwarded.ident ?? null,
  }
}

function protocolOf({ options, greeting, secured }: Exchange, smtpUtf8: boolean): Protocol {
  if (greeting?.verb === 'HELO' && !smtpUtf8) return 'SMTP'
  const plain = options.lmtp ? (smtpUtf8 ? 'UTF8LMTP' : 'LMTP') : smtpUtf8 ? 'UTF8SMTP' : 'ESMTP'
  return secured ? `${plain}S` : plain
}
