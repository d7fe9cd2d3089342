/**
 * End of data: one verdict per accepted RCPT command, then the message goes to the spool. The pure part looks at the whole
 * message and at each recipient; the effect (commit) comes last, and only what the spool has flushed is answered 250.
 */
import { receivedAt } from '../mail/date-time.ts'
import { type Header, parseHeader } from '../mail/header-fields.ts'
import { candidates } from '../policy/recipient/references.ts'
import { type ScreeningSettings, screenMessage } from '../policy/screening/actions.ts'
import { examine } from '../policy/screening/examine.ts'
import { envelopeFindings, type Finding } from '../policy/screening/findings.ts'
import { machineOf } from '../policy/screening/machine.ts'
import { accept, afterRcpt, defer, isKept, reject, type Verdict } from '../policy/verdict.ts'
import { checkRoutes, keyQuery } from './at-rcpt.ts'
import { authenticate, summary } from './authenticate.ts'
import { commit, type EndOfData } from './commit.ts'
import { foldForSmtp } from './fold-for-smtp.ts'
import { judgeSender } from './judge-sender.ts'
import type { Judged, Received } from './new-message.ts'
import type { BodySink } from './ports.ts'
import type { Mailbox, Route, Site } from './site.ts'
import { decided, type Grant, type Transaction } from './transaction.ts'

/** At most this much of a message is looked at for its header. */
export const headLimit = 256 * 1024

export async function atEndOfData(
  site: Site,
  transaction: Transaction,
  received: Received & { readonly sink: BodySink },
): Promise<EndOfData> {
  const ended = site.clock()
  // A head as long as the limit may be cut: then a header section that fills it is not known to its end.
  const header = parseHeader(received.head, received.octets > headLimit ? headLimit - 1 : headLimit)
  const findings = examine(
    { header, sender: transaction.reversePath, head: bodyHead(received.head, header.bodyStart), hostname: site.hostname },
    settingsOf(transaction),
  )
  const judged: Judged[] = []
  const whole = judgeMessage(transaction, received)
  for (const recipient of transaction.recipients) {
    const one =
      whole === accept
        ? judgeRecipient(site, transaction, { recipient, header, findings, received })
        : { verdict: whole, grant: recipient.grant }
    const { verdict, grant } = one instanceof Promise ? await one : one
    judged.push({ verdict: afterRcpt(verdict, transaction.session.peer), grant })
  }
  const machine = machineOf({ findings, sender: transaction.reversePath })
  // What is refused whatever its sender is needs no look at him.
  const answer = judged.some(({ verdict }) => isKept(verdict))
    ? await authenticate(site, transaction, { header, machine, sink: received.sink })
    : null
  if (answer !== null) decided(transaction, { stage: 'data', verdict: 'tag', detail: summary(answer) })
  const allowed = await judgeSender(site, transaction, judged, { answer, header })
  const folded = transaction.session.replyPerRecipient ? allowed.map(j => j.verdict) : foldForSmtp(allowed.map(j => j.verdict))
  const settled = allowed.map(({ grant }, i) => ({ verdict: folded[i]!, grant }))
  noteVerdicts(transaction, settled, findings)
  return commit(site, transaction, { settled, header, received, answer, machine, ended })
}

/** Of the routes that the message may go to. */
const settingsOf = ({ recipients }: Transaction): readonly ScreeningSettings[] =>
  recipients.flatMap(({ grant }) => ('route' in grant ? [grant.route.screening] : []))

const bodyHeadOctets = 4096

/** The first of the body as far as it was kept, one character an octet. */
const bodyHead = (head: Uint8Array, start: number): string =>
  Buffer.from(head.buffer, head.byteOffset, head.length).toString('latin1', start, Math.min(head.length, start + bodyHeadOctets))

type Part = {
  readonly recipient: Transaction['recipients'][number]
  readonly header: Header
  readonly findings: readonly Finding[]
  readonly received: Received
}

/** What concerns all recipients alike. */
function judgeMessage(transaction: Transaction, received: Received): Verdict {
  if (received.flawed && !transaction.session.normalizeLineEndings) return reject('message.line-endings')
  if (received.oversize) return reject('message.too-large')
  return accept
}

function judgeRecipient(site: Site, transaction: Transaction, part: Part): Judged | Promise<Judged> {
  const { recipient, findings, received } = part
  const { grant } = recipient
  if (grant.kind === 'postmaster') {
    const tooLarge = received.octets > site.postmaster.messageSize
    return { verdict: tooLarge ? defer('recipient.postmaster-full') : accept, grant }
  }
  if (grant.kind === 'key' && grant.expired !== undefined)
    return judgeExpired(site, transaction, { ...part, grant, expired: grant.expired })
  if (grant.kind !== 'references') return { verdict: screened(transaction, findings, grant.route), grant }
  return judgeReferences(transaction, site.mailboxes.get(recipient.mailbox)!, part)
}

const screened = (transaction: Transaction, findings: readonly Finding[], route: Route): Verdict =>
  screenMessage(findings, { sender: transaction.reversePath, settings: route.screening, peer: transaction.session.peer })

type ExpiredPart = Part & { readonly grant: Extract<Grant, { kind: 'key' }>; readonly expired: number }

/**
 * A key that expired while the message may have waited: asked for again as of the time the relay received it. That is in
 * the topmost Received field, which the trusted relay wrote; who wrote those below it is not known.
 */
async function judgeExpired(
  site: Site,
  transaction: Transaction,
  { recipient, header, findings, grant, expired }: ExpiredPart,
): Promise<Judged> {
  const at = receivedAt(header.first('received'))
  if (at === null || at >= expired) return { verdict: reject('key.expired'), grant }
  const mailbox = site.mailboxes.get(recipient.mailbox)!
  const query = keyQuery(transaction, { mailbox, key: grant.key, recipient: recipient.address })
  const { check, route } = await checkRoutes(mailbox.routes, { ...query, at })
  if (check.kind === 'unavailable') return { verdict: defer('key.unavailable'), grant }
  // A store that judges by its own clock says again when the key expired: that was after the message came.
  const good = check.kind === 'valid' || (check.kind === 'expired' && at < check.expired)
  if (!good) return { verdict: reject(`key.${check.kind}`), grant }
  const claims = check.claims ?? {}
  return { verdict: screened(transaction, findings, route), grant: { kind: 'key', route, key: grant.key, claims } }
}

/** A dedicated address: the first key in References that verifies; a store that is down defers only if no other key is good. */
async function judgeReferences(transaction: Transaction, mailbox: Mailbox, { recipient, header, findings }: Part): Promise<Judged> {
  let verdict: Verdict = reject('key.missing')
  for (const key of candidates(header, mailbox.references!)) {
    const { check, route } = await checkRoutes(mailbox.routes, keyQuery(transaction, { mailbox, key, recipient: recipient.address }))
    if (check.kind === 'valid') {
      const grant: Grant = { kind: 'key', route, key, claims: check.claims }
      return { verdict: screened(transaction, findings, route), grant }
    }
    if (check.kind === 'unavailable') verdict = defer('key.unavailable')
    else if (verdict.kind === 'reject' && check.kind !== 'unknown') verdict = reject(`key.${check.kind}`)
  }
  // Automatic mail without a key is still automatic mail: the more telling reason is given.
  const automatic = screened(transaction, findings, mailbox.routes[0]!)
  return { verdict: automatic.kind === 'accept' || verdict.kind === 'defer' ? verdict : automatic, grant: recipient.grant }
}

function noteVerdicts(transaction: Transaction, settled: readonly Judged[], findings: readonly Finding[]): void {
  noteFindings(transaction, settled, envelopeFindings(transaction.reversePath))
  noteFindings(transaction, settled, findings)
  settled.forEach(({ verdict }, i) => {
    if (verdict.kind === 'accept') return
    decided(transaction, { stage: 'data', recipient: transaction.recipients[i]!.address, verdict: verdict.kind, reason: verdict.reason })
  })
}

/** Where all routes ignore automatic mail nobody asked to be told of it; a loop is always told. */
function noteFindings(transaction: Transaction, settled: readonly Judged[], findings: readonly Finding[]): void {
  if (findings.length === 0) return
  const told = settled.some(({ grant }) => !('route' in grant) || grant.route.screening.automatic !== 'ignore')
  for (const finding of findings) {
    if (!told && finding.class !== 'loop') continue
    decided(transaction, { stage: 'data', verdict: 'tag', detail: `${finding.rule}: ${finding.detail}` })
  }
}
