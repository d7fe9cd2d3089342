/**
 * End of data: who really sent it? The evidence is gathered (SPF that was begun at RCPT, then DKIM, DMARC and ARC over the octets
 * that the spool holds but has not yet kept), and judged by the pure policy. Never rejects: what can't be found out is `temperror`.
 */
import { authorOf } from '../mail/author.ts'
import type { Header } from '../mail/header-fields.ts'
import { clientOfReceived } from '../mail/received-from.ts'
import type { Authentication, Machine } from '../policy/authentication/answer.ts'
import type { MessageEvidence } from '../policy/authentication/evidence.ts'
import { judge } from '../policy/authentication/judge.ts'
import { unavailable } from '../policy/authentication/no-evidence.ts'
import { trueClient } from '../policy/authentication/true-client.ts'
import type { BodySink, MessageQuestion } from './ports.ts'
import type { Site } from './site.ts'
import { spfOf } from './spf.ts'
import type { Transaction } from './transaction.ts'

export interface Message {
  readonly header: Header
  readonly machine: Machine
  readonly sink: BodySink
}

/** null where nothing is checked. */
export async function authenticate(
  site: Site,
  transaction: Transaction,
  { header, machine, sink }: Message,
): Promise<Authentication | null> {
  const { origins } = site
  if (origins.authenticator === null) return null
  const received = header.all('received').map(clientOfReceived)
  const client = trueClient({ client: transaction.client, received, isRelay: origins.isRelay })
  const author = authorOf(header)
  const spf = await (transaction.spf ?? spfOf(site, transaction, client ?? unknownClient))
  const question: MessageQuestion = {
    client: client?.address ?? null,
    author,
    subjects: header.count('subject'),
    spf,
    names: origins.trusted.forwarders.length > 0,
    octets: sink.read(),
  }
  const evidence = await evidenceOf(site, transaction, question)
  return judge({
    author,
    sender: transaction.sender,
    spf,
    evidence,
    header,
    recipients: transaction.recipients.map(({ address }) => address),
    machine,
    received: transaction.started,
    client: client?.address ?? null,
    trusted: origins.trusted,
  })
}

const unknownClient = { address: null, helo: null }

async function evidenceOf({ origins, log }: Site, { id }: Transaction, question: MessageQuestion): Promise<MessageEvidence> {
  try {
    return await origins.authenticator!.message(question)
  } catch (error) {
    log.error({ id, err: error }, 'unexpected error while a message was authenticated')
    return unavailable(question, 'internal error')
  }
}

const most = 4
/** Characters of an address. */
const longest = 320

/**
 * For people, one line: "spf=pass (example.org), dkim=pass (example.org), dmarc=pass, from=dkim (a@example.org)". Of a message that
 * was refused it is all that is left, so it names the author: MailFrom, which stands beside it, may be another.
 */
export function summary({ from, spf, dkim, dmarc, arc }: Authentication): string {
  const part = (name: string, result: string, domain: string | null) => `${name}=${result}${domain ? ` (${domain})` : ''}`
  const signatures = dkim.length === 0 ? [part('dkim', 'none', null)] : dkim.slice(0, most).map(one => part('dkim', one.result, one.domain))
  const more = dkim.length > most ? [`${dkim.length - most} more signatures`] : []
  const arcs = arc.result === 'none' ? [] : [part('arc', arc.result, arc.sealer)]
  const policy = dmarc.override ?? (dmarc.result === 'fail' && dmarc.policy !== null ? `p=${dmarc.policy}` : null)
  const author = `${from.authenticated ? `from=${from.how}` : 'from not authenticated'}${from.address === null ? '' : ` (${from.address.slice(0, longest)})`}`
  return [part('spf', spf.result, spf.domain), ...signatures, ...more, ...arcs, part('dmarc', dmarc.result, policy), author].join(', ')
}
