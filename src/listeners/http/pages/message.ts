/**
 * One message: what became of it, what it says, who sent it, how it was decided, its envelope, header and the start of its raw text.
 * Everything in it was written by strangers and is shown as text.
 */
import type { Content } from '../../../mail/content.ts'
import type { MessageView, Redelivery } from '../../../transaction/desk.ts'
import type { Decision } from '../../../transaction/ports.ts'
import { type Html, html } from '../html.ts'
import { type RawHead, rawLimit } from '../raw-head.ts'
import { cut } from '../visible.ts'
import { contentSections } from './content.ts'
import { deliveries } from './deliveries.ts'
import { sender } from './sender.ts'
import { badge, facts, more, octets, path, plural, reasonText, segment, when } from './words.ts'

const shownDecisions = 100

export interface Shown {
  readonly message: MessageView
  /** null where the spool could not give it. */
  readonly raw: RawHead | null
  /** null where there is no parsed view, or not now. */
  readonly content: Content | null
  /** What was done a moment ago, and to how many deliveries. */
  readonly done: { readonly how: Redelivery; readonly count: number } | null
}

export function messagePage({ message, raw, content, done }: Shown): Html {
  const address = `/messages/${segment(message.id)}`
  return html`<p class="crumb"><a href="/">Messages</a></p>
<h1>${message.subject === '' ? html`<i>no subject</i>` : cut(message.subject, 300)}</h1>
${done !== null && html`<p class="banner good" role="status">${plural(done.count, 'delivery', 'deliveries')} ${done.how === 'discard' ? 'discarded' : 'queued again'}.</p>`}
${message.truncated && html`<p class="banner bad">The message was larger than the limit and is cut off.</p>`}
<section><h2>Deliveries</h2>${deliveries(message.deliveries, address)}</section>
${contentSections(content, message.id)}
<section><h2>Who sent it</h2>${sender(message.authentication)}</section>
<section><h2>Envelope</h2>${envelope(message)}</section>
<section><h2>Decisions</h2>${decisions(message.decisions)}</section>
${raw === null ? html`<p class="banner bad" role="alert">The raw message could not be read; the log says why.</p>` : rawSections(raw, message)}`
}

const envelope = (message: MessageView) =>
  facts([
    ['Id', html`<code>${message.id}</code>`],
    ['Received', when(message.received)],
    ['Reverse-path', path(message.sender)],
    ['From', message.from === '' ? null : cut(message.from, 1_000)],
    ['Client', `${message.client.address ?? 'local'}${message.client.name === null ? '' : ` (${cut(message.client.name, 260)})`}`],
    ['HELO', message.client.helo === null ? null : cut(message.client.helo, 260)],
    ['Id at the relay', message.client.ident],
    ['Came in by', `${message.protocol} at ${message.listener}`],
    ['Message-ID', message.messageId === '' ? null : cut(message.messageId, 1_000)],
    ['Size', octets(message.size)],
  ])

/** The decisions as a list, in the order in which they were made. */
export function decisions(all: readonly Decision[]): Html {
  if (all.length === 0) return html`<p class="empty">None is recorded.</p>`
  const step = (one: Decision) => html`<li><span class="stage">${one.stage}</span> ${badge(one.verdict)}
${one.recipient !== undefined && html` <span class="address">${path(one.recipient)}</span>`}
${one.reason !== undefined && html`<span class="sub">${reasonText(one.reason)}</span>`}
${one.detail !== undefined && one.detail !== '' && html`<span class="sub">${cut(one.detail, 500)}</span>`}</li>`
  return html`<ol class="steps">${all.slice(0, shownDecisions).map(step)}</ol>${more(all.length, shownDecisions)}`
}

function rawSections(raw: RawHead, message: MessageView): Html {
  const download = html`<a href="/api/messages/${segment(message.id)}/raw" download>Download the whole message</a> (${octets(message.size)})`
  return html`<section><h2>Header</h2>
${facts(raw.fields.map(field => [field.name === '' ? 'not a field' : field.name, field.value]))}
${raw.moreFields && html`<p class="empty">More fields are in the raw text.</p>`}
</section>
<section><h2>Raw text</h2>
<p>${raw.cut && `The first ${octets(rawLimit)}. `}${download}</p>
<pre tabindex="0" aria-label="Raw text">${raw.text}</pre>
</section>`
}
