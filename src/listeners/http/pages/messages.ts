/**
 * The list of messages, a row a delivery, newest first.
 */
import type { MessageRow } from '../../../transaction/desk.ts'
import { type Html, html, type Part } from '../html.ts'
import { filterParameters, type MessagePage, states } from '../listing.ts'
import { redeliveries, statesFor } from '../redeliver.ts'
import { cut } from '../visible.ts'
import { title } from './redelivery.ts'
import { aboutText, badge, type FilterField, filters, octets, pager, path, readable, segment, type Values, when } from './words.ts'

const fields: readonly FilterField[] = [
  { name: 'text', label: 'Text' },
  { name: 'state', label: 'State', options: states },
  { name: 'recipient', label: 'Recipient' },
  { name: 'mailbox', label: 'Mailbox' },
  { name: 'route', label: 'Route' },
  { name: 'processor', label: 'Processor' },
  { name: 'since', label: 'Since', hint: '2h, 2027-01-31' },
  { name: 'until', label: 'Until' },
]

export function messagesPage({ messages, next }: MessagePage, values: Values): Html {
  return html`<h1>Messages</h1>
${filters('/', fields, readable(values))}
${messages.length === 0 ? empty(Object.keys(values).length > 0) : html`${actions(values)}${table(messages)}`}
${pager('/', values, next)}`
}

/** What can be done to all that the filter fits, where it says which state: a question comes before anything is done. */
function actions(values: Values): Part {
  const given = Object.entries(readable(values)).filter(([name]) => Object.hasOwn(filterParameters, name))
  const fitting = redeliveries.filter(how => statesFor[how].some(state => state === values.state))
  // Of failed ones, replaying is the same as retrying.
  const offered = fitting.filter(how => how !== 'replay' || values.state === 'delivered')
  if (offered.length === 0) return null
  const link = (how: string) => {
    const query: [string, string][] = [['how', how], ...given.map(([name, value]): [string, string] => [name, String(value)])]
    return `/redeliver?${new URLSearchParams(query)}`
  }
  return html`<p class="all">All that fit: ${offered.map(how => html`<a href="${link(how)}">${title(how)} …</a> `)}</p>`
}

const empty = (filtered: boolean) =>
  filtered
    ? html`<p class="empty">No message fits. <a href="/">Show all</a></p>`
    : html`<p class="empty">No message has arrived yet. What was refused is under <a href="/transactions">Transactions</a>.</p>`

const table = (messages: readonly MessageRow[]) => html`<table class="list" role="table">
<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">State</th><th role="columnheader" scope="col">Subject and sender</th><th role="columnheader" scope="col">Recipient</th><th role="columnheader" scope="col">Route</th><th role="columnheader" scope="col" class="number">Size</th><th role="columnheader" scope="col">Received</th></tr></thead>
<tbody role="rowgroup">
${messages.map(line)}
</tbody>
</table>`

/** A notice is ours and no mail of the mailbox: it has no sender to show, but what it tells of. */
const from = (row: MessageRow) => (row.about === undefined ? path(row.sender) : html`<b>notice</b> ${aboutText(row.about)}`)

const line = (row: MessageRow) => html`<tr role="row">
<td role="cell" class="state">${badge(row.state)}</td>
<td role="cell" class="what"><a href="/messages/${segment(row.id)}">${row.subject === '' ? html`<i>no subject</i>` : cut(row.subject, 200)}</a><span class="sub">${from(row)}</span></td>
<td role="cell" class="who">${path(row.recipient)}</td>
<td role="cell" class="where">${row.mailbox}<span class="slash"> / </span>${row.route}</td>
<td role="cell" class="number">${octets(row.size)}</td>
<td role="cell" class="time">${when(row.received)}</td>
</tr>
`
