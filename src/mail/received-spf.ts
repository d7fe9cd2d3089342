/**
 * The Received-SPF field (RFC 7208 9.1) as one line, for a mail server that puts it before the message: what SPF said of this
 * client. Formats only.
 */
import { fieldComment, fieldToken } from './field-words.ts'

export interface SpfFacts {
  readonly spf: { readonly result: string; readonly identity: 'mailfrom' | 'helo'; readonly domain: string; readonly detail: string }
  /** IP address. */
  readonly client: string
  readonly helo: string | null
  /** RFC5321.MailFrom, '' for the null reverse-path. */
  readonly sender: string
  /** Ours. */
  readonly hostname: string
}

/** `Received-SPF: pass (…) client-ip=…; …` without a line end; ASCII, at most 998 characters. */
export function receivedSpf({ spf, client, helo, sender, hostname }: SpfFacts): string {
  const pairs: [string, string][] = [
    ['client-ip', client],
    ['envelope-from', sender],
    ['helo', helo ?? ''],
    ['receiver', hostname],
    ['identity', spf.identity],
    ['problem', spf.result === 'permerror' || spf.result === 'temperror' ? spf.detail : ''],
  ]
  const written = pairs
    .filter(([name, value]) => value !== '' || name === 'envelope-from')
    .map(([name, value]) => `${name}=${quoted(value)}`)
  return `Received-SPF: ${fieldToken(spf.result)} ${fieldComment(says(spf, client))} ${written.join('; ')};`
}

/** RFC 5322 dot-atom or quoted-string: unlike in RFC 8601 an address is neither without its quotes. */
function quoted(text: string): string {
  const plain = text.replace(/[^\x20-\x7e]/gu, '?').slice(0, 140)
  return dotAtom.test(plain) ? plain : `"${plain.replace(/["\\]/g, '\\$&')}"`
}
const dotAtom = /^[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+(?:\.[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+)*$/

function says({ result, domain }: SpfFacts['spf'], client: string): string {
  const name = domain.slice(0, 100) || 'the sender'
  if (result === 'pass') return `${name} permits ${client}`
  if (result === 'fail') return `${name} does not permit ${client}`
  if (result === 'softfail') return `${name} does not expect ${client} to send its mail`
  if (result === 'neutral') return `${name} says nothing of ${client}`
  if (result === 'none') return `${name} has no SPF record`
  return `SPF of ${name} could not be checked`
}
