/**
 * What is inside a message, for people: the new text, the whole text, attachments to download, and HTML in a frame that may do
 * nothing (pages/html-frame.ts). Text comes first: HTML is fetched only when somebody opens it.
 */
import type { Attachment, Content, ParsedContent } from '../../../mail/content.ts'
import { type Html, html, type Part } from '../html.ts'
import { cut } from '../visible.ts'
import { more, octets, segment } from './words.ts'

/** Characters that are shown of a text; the whole is in the API. */
export const shownText = 64 * 1024
const shownAttachments = 100

/** null: there is no parsed view, or not now. */
export function contentSections(content: Content | null, id: string): Part {
  if (content === null) return null
  if (content.status !== 'parsed') {
    const why = content.status === 'over-budget' ? 'It would have taken more than it may' : 'It can’t be read as a message'
    return html`<section><h2>Text</h2><p class="banner bad">${why}: ${cut(content.problem, 500)}. Below is the raw text.</p></section>`
  }
  return html`${texts(content)}
${content.html !== null && frame(id)}
${content.attachments.length > 0 && html`<section><h2>Attachments</h2>${attachments(content.attachments, id)}</section>`}`
}

function texts({ text, textFrom, reply, truncated }: ParsedContent): Html {
  if (text === null) return html`<section><h2>Text</h2><p class="empty">The message has no text.</p></section>`
  const isReply = reply !== null && reply.text !== '' && reply.text !== text.trim()
  const note = [textFrom === 'html' && 'made from the HTML', truncated.includes('text') && 'cut to its limit'].filter(Boolean).join(', ')
  const whole = html`${note !== '' && html`<p class="hint">${note}</p>`}${bounded(text, 'Text')}`
  if (!isReply) return html`<section><h2>Text</h2>${whole}</section>`
  return html`<section><h2>Reply</h2>${bounded(reply.text, 'Reply')}
<details><summary>The whole text, with what is quoted</summary>${whole}</details></section>`
}

const bounded = (
  text: string,
  label: string,
): Html => html`<pre class="text" tabindex="0" aria-label="${label}">${cut(text, shownText)}</pre>
${text.length > shownText && html`<p class="empty">Only the beginning; the whole is in the API.</p>`}`

const frame = (id: string): Html => html`<section><h2>HTML</h2>
<details><summary>Show the HTML as sent, without anything remote</summary>
<iframe class="mail" sandbox src="/messages/${segment(id)}/html" loading="lazy" referrerpolicy="no-referrer" title="HTML of the message"></iframe></details></section>`

const attachments = (all: readonly Attachment[], id: string): Html => html`<ul class="files">
${all.slice(0, shownAttachments).map(
  one => html`<li><a href="/api/messages/${segment(id)}/attachments/${one.index}" download>${one.name === null || one.name === '' ? `attachment ${one.index}` : cut(one.name, 200)}</a>
<span class="sub">${cut(one.type, 100)}, ${octets(one.size)}${one.disposition === 'inline' && ', inline'}</span></li>`,
)}</ul>${more(all.length, shownAttachments)}`
