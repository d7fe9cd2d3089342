/**
 * The commands of SMTP (RFC 5321 4.1.1), LMTP (RFC 2033 4), STARTTLS (RFC 3207) and XFORWARD, one function each: state and argument in, a step
 * out. What is not in the table is not known; AUTH, HELP, EXPN and their kin are known and not implemented.
 */
import { parseMailCommand, parseRcptCommand } from '../../mail/path.ts'
import * as replies from '../../mail/replies.ts'
import { type Reply, withText } from '../../mail/reply.ts'
import { type Reason, reasons } from '../../policy/reasons.ts'
import { refusal, type Verdict } from '../../policy/verdict.ts'
import { atMail } from '../../transaction/at-mail.ts'
import { atRcpt } from '../../transaction/at-rcpt.ts'
import { beginSpf } from '../../transaction/spf.ts'
import { traceRefusal } from '../../transaction/trace-refusal.ts'
import { decided, type Transaction } from '../../transaction/transaction.ts'
import { answer, lines } from './answer.ts'
import { clientFacts, type Exchange, type Greeting, type Step } from './exchange.ts'
import { attributes, parseXforward } from './xforward.ts'

type Command = (exchange: Exchange, argument: string) => Step | Promise<Step>

const error = (reply: Reply): Step => ({ answer: answer(reply), charge: 'error' })
const said = (reply: Reply): Step => ({ answer: answer(reply) })
const idle = (reply: Reply): Step => ({ answer: answer(reply), charge: 'idle' })

// A host name, an address literal, or what real clients write in their place: printable, without spaces, bounded.
const greetingName = /^[\x21-\x7e]{1,255}$/

function greet(exchange: Exchange, argument: string): Greeting | null {
  if (!greetingName.test(argument)) return null
  exchange.end(exchange.lastReply)
  return { verb: 'EHLO', name: argument }
}

const helo: Command = (exchange, argument) => {
  if (exchange.options.lmtp) return error(replies.greetWithLhlo)
  const greeting = greet(exchange, argument)
  if (greeting === null) return error(replies.badGreeting)
  exchange.greeting = { ...greeting, verb: 'HELO' }
  return idle(replies.hello(exchange.site.hostname))
}

const extended =
  (verb: 'EHLO' | 'LHLO'): Command =>
  (exchange, argument) => {
    const { lmtp, trusted, tls } = exchange.options
    const { site } = exchange
    if (lmtp !== (verb === 'LHLO')) return error(lmtp ? replies.greetWithLhlo : replies.greetWithEhlo)
    const greeting = greet(exchange, argument)
    if (greeting === null) return error(replies.badGreeting)
    exchange.greeting = { ...greeting, verb }
    const keywords = ['PIPELINING', `SIZE ${site.limits.messageSize}`, '8BITMIME', 'SMTPUTF8', 'ENHANCEDSTATUSCODES']
    // RFC 8689 2: over TLS only. We can promise it: no message leaves us by SMTP, and no notice about such a one is sent.
    if (exchange.secured) keywords.push('REQUIRETLS')
    else if (tls !== null) keywords.push('STARTTLS')
    if (trusted) keywords.push(`XFORWARD ${attributes.join(' ')}`)
    return { answer: lines(replies.capabilities(site.hostname, keywords)), charge: 'idle' }
  }

const mail: Command = (exchange, argument) => {
  if (exchange.greeting === null) return error(replies.greetFirst)
  if (exchange.transaction !== null) return error(replies.nestedMail)
  if (exchange.options.tls === 'required' && !exchange.secured) return error(mailRefused(exchange, 'connection.tls-required'))
  const parsed = parseMailCommand(argument)
  if (!parsed.ok) return error(mailRefused(exchange, 'sender.syntax', parsed.reply))
  if (parsed.requireTls && !exchange.secured) return error(mailRefused(exchange, 'sender.syntax', requireTlsRefused(exchange)))
  const transaction = exchange.begin({ ...parsed, reversePath: parsed.path })
  if (parsed.requireTls) decided(transaction, { stage: 'mail', verdict: 'accept', detail: 'REQUIRETLS' })
  const refused = refusal(atMail(exchange.site, transaction))
  if (refused === undefined) return said(replies.senderOk)
  const reply = withText(refused, transaction.id)
  exchange.end(reply)
  return idle(reply)
}

/** RFC 8689 2: the parameter may only be given over TLS; where we have none it is one that we don't know. */
const requireTlsRefused = ({ options }: Exchange): Reply => (options.tls === null ? replies.parameterNotSupported : replies.tlsRequired)

/** A MAIL command that isn't taken opens no transaction, but it was the attempt of one: its client is forgotten with it. */
function mailRefused(exchange: Exchange, reason: Reason, reply: Reply = reasons[reason].reply): Reply {
  const refused = traceRefusal(exchange.site, { ...clientFacts(exchange), stage: 'mail', reason, reply })
  exchange.end(null)
  return refused
}

/** What a harvester tries: recipients that are not there. Other refusals are not his gain. */
const unknown: ReadonlySet<Reason> = new Set(['recipient.unknown', 'recipient.relay', 'key.unknown'])

const rcpt: Command = (exchange, argument) => {
  const { transaction } = exchange
  if (transaction === null) return error(replies.needMail)
  const parsed = parseRcptCommand(argument, transaction.smtpUtf8)
  if (!parsed.ok) return error(recipientRefused(exchange, transaction, parsed.reply))
  const verdict = atRcpt(exchange.site, transaction, parsed.path)
  return verdict instanceof Promise ? verdict.then(later => rcptStep(exchange, later)) : rcptStep(exchange, verdict)
}

function rcptStep(exchange: Exchange, verdict: Verdict): Step {
  const refused = refusal(verdict)
  if (refused === undefined || verdict.kind === 'accept') {
    if (exchange.transaction !== null) beginSpf(exchange.site, exchange.transaction)
    return said(replies.recipientOk)
  }
  const reply = withText(refused, exchange.transaction?.id ?? '')
  exchange.lastReply = reply
  if (unknown.has(verdict.reason)) return { answer: answer(reply), charge: 'unknown' }
  return (exchange.transaction?.refused ?? 0) > patience ? error(reply) : said(reply)
}

/** Recipients refused in one transaction, for whatever reason, before each further one is an error. */
const patience = 1_000

function recipientRefused(exchange: Exchange, transaction: Transaction, reply: Reply): Reply {
  decided(transaction, { stage: 'rcpt', verdict: 'reject', reason: 'recipient.syntax', detail: reply.text })
  transaction.refused++
  exchange.lastReply = withText(reply, transaction.id)
  return exchange.lastReply
}

const data: Command = (exchange, argument) => {
  if (argument !== '') return error(replies.noParameterAllowed)
  if (exchange.transaction === null) return error(replies.needMail)
  if (exchange.transaction.recipients.length === 0) return error(replies.needRecipient)
  return { answer: exchange.openData() }
}

const rset: Command = (exchange, argument) => {
  if (argument !== '') return error(replies.noParameterAllowed)
  exchange.end(exchange.lastReply)
  return idle(replies.flushed)
}

const quit: Command = exchange => {
  exchange.end(exchange.lastReply)
  return { answer: answer(replies.closing, 'close') }
}

const xforward: Command = (exchange, argument) => {
  if (!exchange.options.trusted) return error(replies.forwardNotAllowed)
  if (exchange.transaction !== null) return error(replies.nestedMail)
  const forwarded = parseXforward(argument, exchange.forwarded)
  if (forwarded === null) return error(replies.badParameter)
  exchange.forwarded = forwarded
  return said(replies.done)
}

/** RFC 3207 4. What came behind it in the clear would be run as if it had come over TLS: the connection ends instead. */
const starttls: Command = (exchange, argument) => {
  if (exchange.options.tls === null) return error(replies.notImplemented)
  if (exchange.secured) return error(replies.tlsActive)
  if (argument !== '') return error(replies.noParameterAllowed)
  if (exchange.transaction !== null) return error(replies.nestedMail)
  if (exchange.more) return { answer: exchange.cut(replies.spokeBeforeTls, 'connection.starttls'), charge: 'error' }
  return { answer: answer(replies.readyForTls, 'tls') }
}

const notImplemented: Command = () => error(replies.notImplemented)

/** RFC 3030: a client that sends it unasked sends its message behind it, which must not be read as commands. */
const bdat: Command = exchange => ({ answer: exchange.cut(replies.notImplemented), charge: 'error' })

export const commands: ReadonlyMap<string, Command> = new Map([
  ['EHLO', extended('EHLO')],
  ['LHLO', extended('LHLO')],
  ['HELO', helo],
  ['MAIL', mail],
  ['RCPT', rcpt],
  ['DATA', data],
  ['RSET', rset],
  ['NOOP', () => idle(replies.done)],
  ['VRFY', (_, argument) => (argument === '' ? error(replies.needParameter) : idle(replies.cannotVerify))],
  ['QUIT', quit],
  ['XFORWARD', xforward],
  ['STARTTLS', starttls],
  ['BDAT', bdat],
  ...['AUTH', 'HELP', 'EXPN', 'ETRN', 'TURN', 'XCLIENT', 'SEND', 'SOML', 'SAML'].map((verb): [string, Command] => [verb, notImplemented]),
])
