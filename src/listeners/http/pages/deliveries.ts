/**
 * The deliveries of a message as cards: what became of each and why, and the buttons for what can be done. A notice is shown
 * as one, so that nobody takes it for mail of the mailbox.
 */
import type { DeliveryView, Redelivery } from '../../../transaction/desk.ts'
import { type Html, html, type Part } from '../html.ts'
import { statesFor } from '../redeliver.ts'
import { cut } from '../visible.ts'
import { aboutText, badge, facts, more, path, reasonText, when } from './words.ts'

const shown = 100

/** `address` is the path of the message's page. */
export function deliveries(all: readonly DeliveryView[], address: string): Html {
  const mail = all.filter(one => one.about === null)
  return html`${all.slice(0, shown).map(one => card(one, address))}
${more(all.length, shown)}
${mail.length > 1 && buttons(mail, address, null)}`
}

const card = (one: DeliveryView, address: string): Html => html`<article class="card">
<h3>${badge(one.state)} ${one.about !== null && 'Notice to '}<span class="address">${path(one.recipient)}</span></h3>
${one.about === null ? html`${why(one)}${facts(factsOfMail(one))}` : html`<p>${aboutText(one.about)}</p>${facts(factsOfAll(one))}`}
${answerOf(one)}
${buttons([one], address, one.id)}
</article>`

const answerOf = ({ answer }: DeliveryView): Part =>
  answer !== null &&
  html`<details><summary>What the application wrote</summary><pre tabindex="0" aria-label="What the application wrote">${answer}</pre></details>`

const putAside: Partial<Record<DeliveryView['state'], string>> = {
  held: 'Kept and not handed over, until it is released',
  discarded: 'Answered with 250 and not handed over; it can be released',
}

function why({ state, reason }: DeliveryView): Part {
  const text = putAside[state]
  return text !== undefined && html`<p>${text}${reason !== null && html`: ${reasonText(reason)}`}.</p>`
}

type Fact = readonly [string, Part]

const factsOfAll = (one: DeliveryView): Fact[] => [
  ['Processor', one.processor],
  ['Attempts', one.attempts],
  ['Last attempt', one.detail === '' ? null : cut(one.detail, 500)],
  ['Next attempt', one.due === null ? null : when(one.due)],
  ['Changed', when(one.changed)],
  ['Idempotency id', html`<code>${one.idempotencyId}</code>`],
]

const factsOfMail = (one: DeliveryView): Fact[] => [
  ['Mailbox / route', `${one.mailbox} / ${one.route}`],
  ['Reason', one.reason === null || putAside[one.state] !== undefined ? null : reasonText(one.reason)],
  ['Key', one.key === '' ? null : html`<code>${one.key}</code>`],
  ['Subject of the key', one.claims.subject ?? null],
  ['Key expires', one.claims.expires === undefined ? null : when(one.claims.expires)],
  ['Senders of the key', one.claims.senders === undefined ? null : cut(one.claims.senders.slice(0, 20).join(', '), 500)],
  ['Bound to', one.claims.senderHash === true ? 'one sender, by a hash' : null],
  ...factsOfAll(one),
]

/** Forms for what can be done to these deliveries; `id` narrows it to one. */
function buttons(some: readonly DeliveryView[], address: string, id: number | null): Part {
  const able = (how: Redelivery) => some.filter(offered[how]).length
  const word = (text: string, count: number) => (id === null ? `${text} all ${count}` : text)
  const form = (how: Redelivery, text: string, quiet = false) =>
    able(how) > (id === null ? 1 : 0) &&
    html`<form action="${address}/${how}" method="post">${id !== null && html`<input type="hidden" name="delivery" value="${id}">`}${quiet ? html`<button class="quiet">${word(text, able(how))}</button>` : html`<button>${word(text, able(how))}</button>`}</form>`
  return html`<div class="buttons">${form('retry', 'Retry')}${form('replay', 'Replay')}${form('release', 'Release')}${form('discard', 'Discard', true)}</div>`
}

/** What a button is for; of a failed one, replaying is the same as retrying. */
const offered: Readonly<Record<Redelivery, (one: DeliveryView) => boolean>> = {
  retry: ({ state, due }) => state === 'failed' || (state === 'queued' && due !== null),
  replay: ({ state }) => state === 'delivered',
  release: ({ state }) => statesFor.release.includes(state),
  discard: ({ state }) => statesFor.discard.includes(state),
}
