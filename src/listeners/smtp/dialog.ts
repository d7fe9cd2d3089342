/**
 * The SMTP and LMTP dialog (RFC 5321 3 and 4.1, RFC 2033) as a machine: a command line in, an answer out. Keeps the
 * session's state and calls the core; knows nothing of sockets. Every error ends as a reply: an unexpected one is 451 with
 * generic text, its details are in the log under the transaction's id.
 */
import * as replies from '../../mail/replies.ts'
import { type Reply, withText } from '../../mail/reply.ts'
import type { Guard, Pace } from '../../transaction/guard.ts'
import { decided } from '../../transaction/transaction.ts'
import { type Answer, answer } from './answer.ts'
import { commands } from './commands.ts'
import { clientFacts, createExchange, type DialogOptions, type Exchange, type Step } from './exchange.ts'

export interface Dialog {
  greeting(): Answer
  /** `line` without its CRLF. `more`: what follows it has come already. Never throws, never rejects. */
  command(line: string, more?: boolean): Answer | Promise<Answer>
  /** The client spoke before the greeting (RFC 5321 3.1, 4.3.1). */
  early(): Answer | Promise<Answer>
  /** After an answer with `next: 'tls'`: the handshake is done, or the connection ended in it. `what` is for the log. */
  secured(what: { readonly version: string | null; readonly cipher: string }): void
  handshakeFailed(failure: string): void
  /** A line that did not end with CRLF, or was too long: charged as an error. */
  violation(reply: Reply): Answer | Promise<Answer>
  /** After an answer with `next: 'data'`. */
  write(chunk: Buffer): void | Promise<void>
  endOfData(flawed: boolean): Promise<Answer>
  /** The connection ends without the client's doing: the transaction, if one is open, is over with this reply. */
  cut(reply: Reply): Answer
  /** The connection is gone. */
  gone(): void
  /** When the open transaction began; null where none is open. */
  readonly transactionStarted: number | null
}

export function createDialog(options: DialogOptions): Dialog {
  const { guard, trusted, exempt } = options
  const exchange = createExchange(options)

  /** Commands since the last message that brought no transaction forward. */
  let idle = 0

  function weigh({ charge }: Step): 'error' | 'unknown' | undefined {
    if (charge !== 'idle') return charge
    return ++idle > idleCommands ? 'error' : undefined
  }

  /** What was refused is charged to the true client; a trusted relay is neither charged nor slowed down for it. */
  function paced(step: Step): Answer | Promise<Answer> {
    if (step.charge === undefined) return step.answer
    if (trusted && exchange.told && step.charge !== 'idle') charge(guard, step.charge, exchange.client().address)
    if (exempt) return step.answer
    const weight = weigh(step)
    if (weight === undefined) return step.answer
    const pace = charge(guard, weight, exchange.client().address)
    if (step.answer.next === 'close' || (pace.delay === 0 && !pace.close)) return step.answer
    const last = pace.close ? exchange.cut(ends[weight].reply, ends[weight].reason) : step.answer
    return pace.delay === 0 ? last : later(pace.delay, last)
  }

  /** An unexpected error at a command. One at MAIL leaves no transaction open, since its client was told of none. */
  function failed(error: unknown, line: string): Answer {
    const { transaction } = exchange
    exchange.site.log.error({ id: transaction?.id, err: error }, 'unexpected error in the dialog')
    if (transaction === null) return answer(replies.temporaryFailure)
    decided(transaction, { stage: 'rcpt', verdict: 'defer', reason: 'internal.error' })
    exchange.lastReply = withText(replies.temporaryFailure, transaction.id)
    const said = answer(exchange.lastReply)
    if (/^MAIL/i.test(line)) exchange.end(exchange.lastReply)
    return said
  }

  function command(line: string, more = false): Answer | Promise<Answer> {
    try {
      exchange.more = more
      const step = run(exchange, line)
      return step instanceof Promise ? step.then(paced).catch(error => failed(error, line)) : paced(step)
    } catch (error) {
      return failed(error, line)
    }
  }
  return {
    greeting: () => answer(replies.greeting(exchange.site.hostname, options.lmtp ? 'LMTP' : 'ESMTP')),
    command,
    early: () => paced({ answer: exchange.cut(replies.spokeEarly, 'connection.early-talker'), charge: 'error' }),
    secured(what) {
      exchange.secure()
      exchange.site.log.debug({ ...clientFacts(exchange), ...what }, 'TLS handshake done')
    },
    handshakeFailed(failure) {
      exchange.site.log.info({ ...clientFacts(exchange), failure }, 'TLS handshake failed')
      if (!exempt) charge(guard, 'error', options.peerAddress)
    },
    violation: reply => paced({ answer: answer(reply), charge: 'error' }),
    write: chunk => exchange.write(chunk),
    endOfData(flawed) {
      idle = 0
      return exchange.endOfData(flawed)
    },
    cut: reply => exchange.cut(reply),
    gone: () => exchange.gone(),
    get transactionStarted() {
      return exchange.transaction?.started ?? null
    },
  }
}

/** NOOP, RSET, EHLO and their like between two messages before each further one is an error. */
export const idleCommands = 100

const ends = {
  error: { reply: replies.tooManyErrors, reason: 'connection.errors' },
  unknown: { reply: replies.tooManyUnknownRecipients, reason: 'connection.harvesting' },
} as const

const httpRequest = /^(?:GET|HEAD|POST|PUT|DELETE|OPTIONS|TRACE|CONNECT|PATCH) \S+ HTTP\/\d/i

function run(exchange: Exchange, line: string): Step | Promise<Step> {
  const space = line.indexOf(' ')
  const verb = (space < 0 ? line : line.slice(0, space)).toUpperCase()
  const run = commands.get(verb)
  if (run !== undefined) return run(exchange, space < 0 ? '' : line.slice(space + 1).trim())
  // A web page can make a browser post to a mail port; its header lines must not become commands.
  if (httpRequest.test(line)) return { answer: exchange.cut(replies.notMail), charge: 'error' }
  return { answer: answer(replies.notRecognized), charge: 'error' }
}

const charge = (guard: Guard, what: 'error' | 'unknown', client: string | null): Pace =>
  what === 'error' ? guard.error(client) : guard.unknownRecipient(client)

const later = (delay: number, value: Answer): Promise<Answer> => new Promise(resolve => setTimeout(resolve, delay, value))
