/**
 * Our Authentication-Results field (RFC 8601): what the checks found, for people and for software that reads no events. ASCII
 * whatever the message holds. Says what is; who may be believed is decided elsewhere. The other way round, isOwnResults finds
 * fields that somebody else wrote in our name (section 5).
 */
import { asciiDomain } from './domain.ts'
import { fieldComment, fieldToken, fieldValue, folded } from './field-words.ts'
import { tokenize } from './tokens.ts'

/** The part of an answer that the field tells. Names of results as RFC 8601 2.7 has them. */
export interface Results {
  readonly from: { readonly domain: string | null }
  /** '' for the null reverse-path. */
  readonly mailFrom: { readonly address: string }
  readonly spf: { readonly result: string; readonly identity: 'mailfrom' | 'helo'; readonly domain: string; readonly detail: string }
  readonly dkim: readonly {
    readonly result: string
    readonly domain: string
    readonly selector: string
    readonly algorithm: string
    readonly detail: string
  }[]
  readonly dmarc: { readonly result: string; readonly policy: string | null; readonly override?: string; readonly detail: string }
  readonly arc: { readonly result: string; readonly instance: number; readonly sealer: string | null; readonly detail: string }
}

/** One field with its CRLF; lines of at most 78 characters where a value is not longer by itself. */
export function authenticationResults(answer: Results, facts: { readonly hostname: string }): string {
  const results = [spf(answer), ...dkim(answer), dmarc(answer), ...arc(answer)]
  const words = results.flatMap((result, index) => (index < results.length - 1 ? [...result.slice(0, -1), `${result.at(-1)};`] : result))
  return `${folded(`Authentication-Results: ${fieldToken(facts.hostname)};`, words)}\r\n`
}

const property = (name: string, value: string | null): string[] => (value === null || value === '' ? [] : [`${name}=${fieldValue(value)}`])

/** Why, where it is no plain pass; the words of others stand in quotes. */
const reason = ({ result, detail }: { result: string; detail: string }): string[] =>
  result === 'pass' || result === 'none' ? [] : property('reason', detail.slice(0, 120))

function spf({ spf: found, mailFrom }: Results): string[] {
  // An address that needs UTF-8 can't stand in an ASCII field; its domain can.
  const address = /^[\x20-\x7e]*$/.test(mailFrom.address) ? mailFrom.address : found.domain
  const checked = found.identity === 'helo' ? property('smtp.helo', found.domain) : property('smtp.mailfrom', address)
  return [`spf=${fieldToken(found.result)}`, ...reason(found), ...checked]
}

function dkim({ dkim: signatures }: Results): string[][] {
  if (signatures.length === 0) return [['dkim=none']]
  return signatures.map(signature => [
    `dkim=${fieldToken(signature.result)}`,
    ...reason(signature),
    ...property('header.d', signature.domain),
    ...property('header.s', signature.selector),
    ...property('header.a', signature.algorithm),
  ])
}

function dmarc({ dmarc: found, from }: Results): string[] {
  const override = found.override === undefined ? [] : [fieldComment(`override: ${found.override}`)]
  const about = [...property('policy.dmarc', found.policy), ...property('header.from', from.domain)]
  return [`dmarc=${fieldToken(found.result)}`, ...override, ...reason(found), ...about]
}

function arc({ arc: found }: Results): string[][] {
  if (found.result === 'none') return []
  const set = found.instance > 0 ? [fieldComment(`i=${found.instance}`)] : []
  return [[`arc=${fieldToken(found.result)}`, ...set, ...reason(found), ...property('header.d', found.sealer)]]
}

/**
 * Whether an Authentication-Results field that came with a message carries our authserv-id. In doubt it does: a value whose
 * authserv-id can't be made out, or in front of whose first semicolon our name stands in whatever disguise. `cut`: `value` is
 * only the beginning of a longer one. Linear.
 */
export function isOwnResults(value: string, hostname: string, cut = false): boolean {
  const host = comparable(hostname)
  // Some readers drop control characters, some take them for white space.
  return [value.replace(controls, ''), value.replace(controls, ' ')].some(text => names(text, host, cut))
}
const controls = /[\x00-\x08\x0a-\x1f\x7f]/g

function names(value: string, host: string, cut: boolean): boolean {
  const { tokens } = tokenize(value)
  const index = tokens.findIndex(({ kind }) => kind !== 'space' && kind !== 'comment')
  const first = tokens[index]
  // Nothing but white space and comments, or something that has no end: nobody knows what a reader makes of it.
  if (first === undefined || first.text === ';') return true
  const next = tokens[index + 1]
  if (next === undefined && cut) return true
  const id = comparable(first.content)
  if (id === host) return true
  const then = tokens.slice(index + 1).find(({ kind }) => kind !== 'space' && kind !== 'comment')?.text
  if (/^[a-z0-9._-]+$/.test(id) && (then === undefined || then === ';' || (next!.kind !== 'atom' && /^\d+$/.test(then)))) return false
  const before = tokens.slice(index).findIndex(({ text }) => text === ';')
  const head = tokens.slice(index, before < 0 ? undefined : index + before)
  const text = head.map(({ kind, content }) => (kind === 'comment' || kind === 'space' ? '' : content)).join('')
  // Some readers decode encoded-words wherever they stand.
  return text.includes('=?') || comparable(text).includes(host)
}

/** Width variants, case, invisible characters, a final dot and A-labels make no difference. */
function comparable(name: string): string {
  const plain = name
    .normalize('NFKC')
    .replaceAll('\u3002', '.')
    .replace(/\p{Cf}/gu, '')
    .toLowerCase()
    .replace(/\.$/, '')
  return asciiDomain(plain) ?? plain
}
