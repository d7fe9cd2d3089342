/**
 * Bounces that don't say so the standard way (RFC 3464 by RFC 6522), and the challenges of challenge-response systems, as a table
 * of forms. People write about bounces, forward them and answer them: no form rests on a subject or a text alone; beside it
 * stands who sent the message, or a field that no person's program writes.
 */
import type { ReversePath } from '../../mail/envelope.ts'
import { type Header, readableSubject } from '../../mail/header-fields.ts'
import { type Finding, finding } from './findings.ts'

/** All that is given must hold. Texts are looked for in lower and upper case alike. */
export interface Form {
  /** For people. */
  readonly system: string
  readonly subject?: RegExp
  /** A field, by its name in lower case, and what its value must be like. */
  readonly field?: readonly [name: string, value: RegExp]
  /** The beginning of the body. */
  readonly body?: RegExp
  /** From the null reverse-path, or a mail system's own address in the envelope or in From. */
  readonly daemon?: true
}

const any = /(?:)/

export const bounceForms: readonly Form[] = [
  { system: 'Exim, Gmail', field: ['x-failed-recipients', /@/] },
  { system: 'Exchange', field: ['x-ms-exchange-message-is-ndr', any] },
  { system: 'Exchange 5.5', subject: /^undeliverable\s*:/i, field: ['x-ms-embedded-report', any] },
  {
    system: 'Exchange',
    subject:
      /^(?:undeliverable|undelivered|unzustellbar|non remis|non distribuable|no se puede entregar|non recapitabile|onbestelbaar|não é possível entregar|kan inte levereras|kan ikke leveres|nie można dostarczyć|nedoručitelné|не удается доставить|не удалось доставить|配信不能|未送達|未送达|无法送达|無法傳遞)\s*[:：]/i,
    daemon: true,
  },
  { system: 'Gmail', subject: /^delivery status notification \(\p{L}+\)/iu, daemon: true },
  { system: 'qmail, Yahoo', subject: /^failure notice$/i, daemon: true },
  { system: 'qmail', body: /^\s*hi\. this is the (?:qmail-send|deliver) program at /i, daemon: true },
  { system: 'Yahoo', body: /^\s*sorry, we were unable to deliver your message/i, daemon: true },
  { system: 'Exim', subject: /^(?:mail delivery failed(?:$|[ :])|warning: message \S+ delayed |message frozen$)/i, daemon: true },
  {
    system: 'Postfix',
    subject:
      /^(?:undelivered mail returned to sender|delayed mail \(still being retried\)|successful mail delivery report|mail delivery status report)$/i,
    daemon: true,
  },
  { system: 'Postfix', body: /this is the (?:mail system at host|postfix program at host) /i, daemon: true },
  { system: 'sendmail', subject: /^(?:returned mail:|warning: could not send message for past )/i, daemon: true },
  { system: 'sendmail', body: /^ *-{3,} the following addresses had .{0,60}errors -{3,}/im, daemon: true },
  { system: 'Notes', subject: /^(?:delivery failure: |zustellungsfehler: )/i, daemon: true },
  { system: 'Courier', subject: /^notice: mail delivery status\.?$/i, daemon: true },
  {
    system: 'a mail system',
    subject:
      /^(?:undeliverable(?: mail| message)?|undelivered mail|delivery (?:failure|failed|has failed|(?:failure |status )?notification|report)|mail (?:system error|delivery (?:failure|problem|subsystem|system)|could not be delivered)|returned (?:to sender|message|e?-?mail)|non-?delivery (?:report|notification|notice)|message (?:status - undeliverable|undeliverable|could not be delivered|delivery (?:failure|failed)))(?:$|[ :.-])/i,
    daemon: true,
  },
  { system: 'a report of no type', field: ['content-type', /^multipart\/report\b(?![\s\S]*report-type)/i], daemon: true },
  { system: 'a bare report', field: ['content-type', /^message\/(?:global-)?delivery-status\b/i] },
]

/** Machines that answer a message with the demand to prove that a person wrote it. */
export const challengeForms: readonly Form[] = [
  { system: 'TMDA', subject: /^please confirm your message/i, field: ['x-delivery-agent', /^tmda\b/i] },
  { system: 'Active Spam Killer', subject: /^please confirm\b/i, field: ['x-askversion', any] },
  {
    system: 'a challenge service',
    subject: /\b(?:verif|confirm|challenge|guest list|waiting list)/i,
    field: ['from', /@(?:[\w-]{1,63}\.){0,5}(?:spamarrest|boxbe|mailblocks|sendio|spamlion)\.(?:com|net)>?$/i],
  },
]

export interface Seen {
  readonly header: Header
  readonly sender: ReversePath
  /** The beginning of the body as text, '' where it is not known. At most 4,096 characters are looked at. */
  readonly head: string
}

const maxHead = 4096

/** At most one `bounce` and one `challenge`. Never throws. */
export function bounceFindings({ header, sender, head }: Seen): readonly Finding[] {
  const subject = readableSubject(header.first('subject') ?? '')
  const body = head.slice(0, maxHead)
  const daemon = isDaemon(header, sender)
  const holds = (form: Form): boolean =>
    (form.daemon !== true || daemon) &&
    (form.subject === undefined || form.subject.test(subject)) &&
    (form.field === undefined || header.all(form.field[0]).some(value => form.field![1].test(value))) &&
    (form.body === undefined || form.body.test(body))
  const found = (rule: 'bounce' | 'challenge', forms: readonly Form[]): readonly Finding[] => {
    const form = forms.find(holds)
    return form === undefined ? [] : [finding(rule, `as ${form.system} writes it`)]
  }
  return [...found('bounce', bounceForms), ...found('challenge', challengeForms)]
}

/** Addresses that no person writes from. Exchange's stands there with its own number. */
const daemonName = /^(?:mailer-daemon|postmaster|microsoftexchange329e71ec88ae4615bbc36ab6ce41109e)$/i
const daemonFrom = /(?:^|<)\s*"?(?:mailer-daemon|postmaster|microsoftexchange329e71ec88ae4615bbc36ab6ce41109e)"?(?:@|>|\s*\(|$)/i
const maxFrom = 1000

const isDaemon = (header: Header, sender: ReversePath): boolean =>
  sender === null || daemonName.test(sender.localPart) || daemonFrom.test((header.first('from') ?? '').slice(0, maxFrom))
