/**
 * The state of one session: who greeted, who the client is, and the transaction that is open. Its methods are the steps
 * that commands are made of; when a transaction ends, for whatever reason, what was forwarded about its client ends too.
 */
import type { Client, Protocol } from '../../mail/envelope.ts'
import * as replies from '../../mail/replies.ts'
import { type Reply, withText } from '../../mail/reply.ts'
import type { Verdict } from '../../policy/verdict.ts'
import type { EndOfData } from '../../transaction/at-end-of-data.ts'
import { beginTransaction } from '../../transaction/at-mail.ts'
import { endTransaction } from '../../transaction/end-transaction.ts'
import { type Intake, openIntake } from '../../transaction/intake.ts'
import { SpoolUnavailable } from '../../transaction/ports.ts'
import { dataReply } from '../../transaction/render.ts'
import type { Transaction } from '../../transaction/transaction.ts'
import { type Answer, answer, answers } from './answer.ts'
import type { DialogOptions } from './dialog.ts'
import type { Forwarded } from './xforward.ts'

/** One command's result: what is said, and what it is charged as. */
export interface Step {
  readonly answer: Answer
  readonly charge?: 'error' | 'unknown'
}

/** How the client greeted; null before it did. */
export interface Greeting {
  readonly verb: 'HELO' | 'EHLO' | 'LHLO'
  readonly name: string
}

export interface Exchange {
  readonly options: DialogOptions
  greeting: Greeting | null
  forwarded: Forwarded
  transaction: Transaction | null
  client(): Client
  begin(mail: { readonly reversePath: Transaction['reversePath']; readonly size: number | null; readonly smtpUtf8: boolean }): Transaction
  /** Ends the open transaction, if there is one, with the reply that mattered last. */
  end(reply: Reply | null): void
  /** DATA: opens the way to the spool. */
  openData(): Answer
  write(chunk: Buffer): void | Promise<void>
  endOfData(flawed: boolean): Promise<Answer>
  cut(reply: Reply): Answer
  gone(): void
  readonly transactionStarted: number | null
  readonly transactionId: string | null
  /** The last refusal of the open transaction: what its trace will say if nothing better comes. */
  lastReply: Reply | null
}

export function createExchange(options: DialogOptions): Exchange {
  const { site, session } = options
  let intake: Intake | null = null
  let ending = false
  const exchange: Exchange = {
    options,
    greeting: null,
    forwarded: {},
    transaction: null,
    lastReply: null,
    client: () => clientOf(exchange),
    begin(mail) {
      exchange.lastReply = null
      exchange.transaction = beginTransaction(site, session, {
        ...mail,
        client: clientOf(exchange),
        protocol: protocolOf(exchange, mail.smtpUtf8),
      })
      return exchange.transaction
    },
    end: reply => finish({ verdicts: [], kept: false }, reply),
    openData() {
      try {
        intake = openIntake(site, exchange.transaction!)
        return answer(replies.startMail, 'data')
      } catch (error) {
        const reply = error instanceof SpoolUnavailable && error.full ? replies.spoolFull : replies.temporaryFailure
        site.log.warn({ id: exchange.transaction!.id, err: error }, 'the spool takes no mail now')
        const said = withText(reply, exchange.transaction!.id)
        finish({ verdicts: [], kept: false }, said)
        return answer(said)
      }
    },
    write: chunk => intake?.write(chunk),
    async endOfData(flawed) {
      const { id, recipients } = exchange.transaction!
      const ended = await endIntake(flawed, recipients.length)
      const said = ended.verdicts.map(verdict => dataReply(verdict, id))
      finish(ended, said[0] ?? null)
      // What a peer sent after a bare line ending may be meant for somebody else's reading of it: nothing more is read.
      const next = flawed && !session.normalizeLineEndings ? 'close' : 'command'
      return session.replyPerRecipient ? answers(said, next) : answer(said[0]!, next)
    },
    cut(reply) {
      abort()
      finish({ verdicts: [], kept: false }, reply)
      return answer(reply, 'close')
    },
    gone() {
      // What was received in full is decided as if the client were here: it may be, behind a broken connection.
      if (ending) return
      abort()
      finish({ verdicts: [], kept: false }, exchange.lastReply)
    },
    get transactionStarted() {
      return exchange.transaction?.started ?? null
    },
    get transactionId() {
      return exchange.transaction?.id ?? null
    },
  }

  async function endIntake(flawed: boolean, recipients: number): Promise<EndOfData> {
    const received = intake!
    intake = null
    ending = true
    try {
      return await received.end(flawed)
    } catch (error) {
      site.log.error({ id: exchange.transactionId, err: error }, 'unexpected error at the end of data')
      received.abort()
      return { verdicts: new Array<Verdict>(recipients).fill(unexpected), kept: false }
    } finally {
      ending = false
    }
  }
  function abort(): void {
    intake?.abort()
    intake = null
  }
  function finish({ kept }: EndOfData, reply: Reply | null): void {
    if (exchange.transaction !== null) endTransaction(site, exchange.transaction, { reply: reply ?? exchange.lastReply, kept })
    exchange.transaction = null
    exchange.forwarded = {}
  }
  return exchange
}

const unexpected: Verdict = { kind: 'defer', reason: 'internal.error', reply: replies.temporaryFailure }

/** Told by a trusted peer, else the peer itself. A peer that forwards no address made the mail itself: no client is known. */
function clientOf({ options, greeting, forwarded }: Exchange): Client {
  const helo = greeting?.name ?? null
  const told = Object.keys(forwarded).length > 0
  if (!told) return { address: options.peerAddress, name: null, helo, ident: null }
  return {
    address: forwarded.address ?? null,
    name: forwarded.name ?? null,
    helo: forwarded.helo ?? null,
    ident: forwarded.ident ?? null,
  }
}

function protocolOf({ options, greeting }: Exchange, smtpUtf8: boolean): Protocol {
  if (options.lmtp) return smtpUtf8 ? 'UTF8LMTP' : 'LMTP'
  if (smtpUtf8) return 'UTF8SMTP'
  return greeting?.verb === 'HELO' ? 'SMTP' : 'ESMTP'
}
