/**
 * The processors: which are called, which are left alone and why, and the button that has one called again.
 */
import type { ProcessorPause, ProcessorStatus } from '../../../transaction/desk.ts'
import { type Html, html, type Part } from '../html.ts'
import { cut } from '../visible.ts'
import { badge, facts, segment, when } from './words.ts'

export function processorsPage(all: readonly ProcessorStatus[], resumed: string | undefined): Html {
  return html`<h1>Processors</h1>
${resumed !== undefined && html`<p class="banner good" role="status">${cut(resumed, 100)} is called again.</p>`}
${all.length === 0 ? html`<p class="empty">None is called: mail stays in the spool.</p>` : all.map(card)}`
}

const card = (one: ProcessorStatus): Html => html`<article class="card">
<h3>${badge(one.paused === null ? 'running' : 'paused')} <span class="address">${cut(one.name, 100)}</span></h3>
${one.paused !== null && pause(one.paused)}
${facts([
  [
    'Calls under way',
    `${one.running}, at most ${one.allowed}${one.allowed < one.concurrency ? ` now, ${one.concurrency} by the configuration` : ''}`,
  ],
  ['Delivered', one.delivered],
  ['Retried', one.retried],
  ['Failed', one.failed],
])}
${one.paused !== null && html`<div class="buttons"><form action="/processors/${segment(one.name)}/resume" method="post"><button>Resume</button></form></div>`}
</article>
`

const pause = ({ since, until, cause }: ProcessorPause): Html =>
  html`<p>Left alone since ${when(since)}, tried again at ${when(until)}: ${cut(cause, 500)}</p>`

/** On every page: mail that waits for a processor is not lost, but somebody should know. */
export function pausedStrip(all: readonly ProcessorStatus[]): Part {
  const paused = all.filter(one => one.paused !== null).map(one => one.name)
  if (paused.length === 0) return null
  const names = `${paused
    .slice(0, 5)
    .map(name => cut(name, 100))
    .join(', ')}${paused.length > 5 ? ' …' : ''}`
  return html`<p class="banner wait" role="status"><b>Paused:</b> ${names}. Mail for it waits. <a href="/processors">Why?</a></p>`
}
