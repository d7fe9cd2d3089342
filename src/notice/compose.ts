/**
 * The notice as a message: RFC 3834 3.1 (To, From, Subject, In-Reply-To, References, Auto-Submitted, a text that says why and
 * to whom), made with nodemailer's MIME library. Of the refused message nothing is repeated but its Subject, the address it
 * was sent to and when it came. Must not decide whether anybody is told.
 */
import MimeNode from 'nodemailer/lib/mime-node'
import { loopField, loopMark } from '../policy/screening/findings.ts'
import type { About } from '../transaction/ports.ts'
import { fill } from './placeholders.ts'
import { defused, longestSubject, plain, shownAddress } from './plain.ts'
import type { Templates } from './read-templates.ts'
import { thread } from './thread.ts'
import { wrap } from './wrap.ts'

/** What an application says is one line of its own words. */
const longestSaid = 300

export interface NoticeFacts {
  readonly hostname: string
  /** The operator's address. */
  readonly from: string
  /** Who is told: an address in canonical form. */
  readonly to: string
  readonly about: About
  /** Of the refused message, and as a stranger wrote them: Subject (decoded), Message-ID, References and In-Reply-To. */
  readonly subject: string
  readonly messageId: string
  readonly references: string
  readonly inReplyTo: string
  readonly received: number
  /** Of the refused message: what people quote when they ask. */
  readonly id: string
  readonly templates: Templates
  /** When the notice is written. */
  readonly date: number
  /** Its own, in angle brackets: the same in every attempt. */
  readonly noticeMessageId: string
}

/** The whole message, lines ending with CRLF. ASCII, but for the local part of `to`. */
export async function composeNotice(facts: NoticeFacts): Promise<Buffer> {
  const { hostname, templates } = facts
  const values = valuesOf(facts)
  const node = new MimeNode('text/plain; charset=utf-8', { newline: 'windows', disableFileAccess: true, disableUrlAccess: true })
  node.setHeader('From', { name: plain(fill(templates.name, values), longestSubject), address: facts.from })
  node.setHeader('To', { name: '', address: facts.to })
  node.setHeader('Subject', plain(fill(templates.subject, values), longestSubject * 2))
  node.setHeader('Date', new Date(facts.date))
  node.setHeader('Message-ID', facts.noticeMessageId)
  const { inReplyTo, references } = thread(facts)
  if (inReplyTo !== '') node.setHeader('In-Reply-To', inReplyTo)
  if (references.length > 0) node.setHeader('References', references.join(' '))
  node.setHeader('Auto-Submitted', 'auto-replied')
  // Exchange looks at its own field alone: no absence notice, no receipt for this one.
  node.setHeader('X-Auto-Response-Suppress', 'All')
  node.setHeader(loopField, loopMark(hostname))
  node.setHeader('Content-Language', templates.language)
  node.setContent(textOf(facts, values))
  return node.build()
}

function valuesOf({ hostname, about, subject, received, id, templates }: NoticeFacts): Readonly<Record<string, string>> {
  const shown = defused(subject, longestSubject)
  return {
    hostname,
    id,
    recipient: shownAddress(about.recipient),
    subject: shown === '' ? templates.noSubject : shown,
    received: timeIn(templates.language, received),
    said: about.text === undefined ? '–' : defused(about.text, longestSaid),
  }
}

function textOf({ about, templates }: NoticeFacts, values: Readonly<Record<string, string>>): string {
  const reason = templates.reasons.get(about.reason) ?? templates.default
  return `${[templates.intro, reason, templates.closing].map(text => wrap(fill(text.trim(), values))).join('\n\n')}\n`
}

/** In words, and in UTC: where the reader is nobody knows. */
const timeIn = (language: string, at: number): string =>
  `${new Intl.DateTimeFormat(language, { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' }).format(at)} UTC`
