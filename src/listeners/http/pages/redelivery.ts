/**
 * Pages for acting on all that a filter fits: a question that says how many, and the progress of the work. The list leads here.
 */
import type { MessageFilter, Redelivery } from '../../../transaction/desk.ts'
import { type Html, html, type Part } from '../html.ts'
import { facts, plural, readable, type Values } from './words.ts'
import type { Work } from './work.ts'

export interface Question {
  readonly how: Redelivery
  readonly filter: MessageFilter
  readonly count: number
}

const meaning: Readonly<Record<Redelivery, string>> = {
  retry: 'They are handed to their processor again as soon as there is room.',
  replay: 'They are handed to their processor once more, under the same idempotency id.',
  release: 'They are handed to their processor.',
  discard: 'They are put aside for retention.discarded, and can be released until then.',
}

export const title = (how: Redelivery): string => `${how[0]!.toUpperCase()}${how.slice(1)}`

export function questionPage({ how, filter, count }: Question): Html {
  const given = Object.entries(readable(filter as Values))
  return html`<p class="crumb"><a href="/">Messages</a></p>
<h1>${title(how)} ${plural(count, 'delivery', 'deliveries')}?</h1>
<section>${facts(given.map(([name, value]) => [name, value]))}</section>
<p>${meaning[how]} Notices are left alone.</p>
<div class="buttons"><form action="/redeliver" method="post"><input type="hidden" name="how" value="${how}">
${given.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
<button>${title(how)}</button></form><a href="/">Leave them</a></div>`
}

export function workPage(work: Work | null): Html {
  if (work === null) return html`<h1>No work under way</h1><p><a href="/">All messages</a></p>`
  const { how, looked, total, changed, state } = work
  const words: Readonly<Record<Work['state'], Part>> = {
    running: 'The page follows by itself. It goes on if you leave it.',
    done: 'Done.',
    stopped: 'Stopped; what was done stays done.',
    failed: 'The spool gave no answer; the log says why. What was done stays done.',
  }
  return html`<h1>${title(how)}</h1>
<p class="banner ${state === 'failed' ? 'bad' : state === 'done' ? 'good' : ''}" role="status">${words[state]}</p>
<p><progress max="${Math.max(1, total)}" value="${Math.min(looked, Math.max(1, total))}" aria-label="Progress"></progress></p>
<section>${facts([
    ['Looked at', `${looked} of ${total}`],
    [how === 'discard' ? 'Discarded' : 'Queued', changed],
  ])}</section>
${state === 'running' && html`<div class="buttons"><form action="/redeliver/stop" method="post"><button class="quiet">Stop</button></form></div>`}
<p><a href="/">All messages</a></p>`
}
