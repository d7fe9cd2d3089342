/**
 * Who sent a message, as far as it was found out: one row a check, in the words of the standards (RFC 7208, 6376, 9989, 8617).
 * Domains, selectors and details were written by strangers: cut, bounded in number, and shown as text.
 */
import type { Authentication } from '../../../policy/authentication/answer.ts'
import { type Html, html, type Part } from '../html.ts'
import { cut } from '../visible.ts'
import { badge, facts, more, path, plural, when } from './words.ts'

const shownSignatures = 10
const shownFields = 30
/** Of a domain, or a detail. */
const longest = 260

export function sender(answer: Authentication | null): Html {
  if (answer === null) return html`<p class="empty">Not checked.</p>`
  const { machine, signedRecipients } = answer
  return html`${facts([
    ['From', author(answer.from)],
    ['MailFrom', [path(answer.mailFrom.address), known(answer.mailFrom.authenticated, 'by SPF')]],
    ['SPF', found(answer.spf.result, answer.spf.domain, answer.spf.detail)],
    ['DKIM', signatures(answer.dkim)],
    ['DMARC', dmarc(answer.dmarc)],
    ['ARC', arc(answer.arc)],
    ['Forwarder', answer.forwarder === undefined ? null : cut(answer.forwarder, longest)],
    ['No answer for now', answer.unknown === undefined ? null : `could have come out better: ${answer.unknown.join(', ')}`],
    ['Not signed', answer.unsigned.length === 0 ? null : names(answer.unsigned)],
    ['Signed recipients', signedRecipients.length === 0 ? null : names(signedRecipients)],
    ['Age of the signature', answer.signatureAge === null ? null : plural(Math.trunc(answer.signatureAge / 1000), 'second', 'seconds')],
    ['Automatic', machine === 'none' ? null : machine],
  ])}`
}

/** The words say it, not the colour alone. */
const known = (authenticated: boolean, by: string): Html =>
  html`<span class="sub">${authenticated ? html`${badge('authenticated')} ${by}` : 'not authenticated'}</span>`

function author({ address, authenticated, how, through }: Authentication['from']): Part {
  const by = `by ${how.toUpperCase()}${through === undefined ? '' : ` through ${cut(through, longest)}`}`
  return [address === null ? html`<i>not one address</i>` : path(address), known(authenticated, by)]
}

/** One finding: its result, what it is about, and what there is to say. */
const found = (result: string, about: string, detail: string): Html =>
  html`${badge(result)} ${cut(about, 2 * longest)}${detail !== '' && html`<span class="sub">${cut(detail, longest)}</span>`}`

function signatures(all: Authentication['dkim']): Part {
  if (all.length === 0) return 'no signature'
  const one = ({ result, domain, selector, algorithm, aligned, signed, detail }: Authentication['dkim'][number]) => {
    const whose = `${domain} (${cut(selector, 70)}, ${cut(algorithm, 30)})${aligned ? ', of the author’s domain' : ''}`
    return html`<span class="line">${found(result, whose, detail)}${signed !== null && html`<span class="sub">signed ${when(signed)}</span>`}</span>`
  }
  return [all.slice(0, shownSignatures).map(one), more(all.length, shownSignatures)]
}

function dmarc({ result, policy, domain, override, detail }: Authentication['dmarc']): Part {
  const policyText = policy === null ? 'no policy' : `p=${policy}${domain === null ? '' : ` of ${domain}`}`
  return [
    found(result, policyText, detail),
    override !== undefined && html`<span class="sub">counts as none: ${cut(override, longest)}</span>`,
  ]
}

function arc({ result, instance, sealer, dmarc: said, detail }: Authentication['arc']): Part {
  if (result === 'none') return 'no chain'
  const told = said === null ? '' : `; says dmarc=${said.result}${said.from === null ? '' : ` of ${said.from}`}`
  return found(result, `${plural(instance, 'set', 'sets')}, the last of ${sealer ?? 'nobody'}${told}`, detail)
}

const names = (all: readonly string[]): string =>
  all
    .slice(0, shownFields)
    .map(name => cut(name, longest))
    .join(', ') + (all.length > shownFields ? ` and ${all.length - shownFields} more` : '')
