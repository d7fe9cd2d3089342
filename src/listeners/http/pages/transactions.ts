/**
 * The list of mail transactions, refused and accepted, and one of them: the reply that ended it, and why.
 */
import type { TransactionRow } from '../../../transaction/ports.ts'
import { type Html, html } from '../html.ts'
import { reasonTokens, type TransactionPage, verdicts } from '../listing.ts'
import { cut } from '../visible.ts'
import { decisions } from './message.ts'
import { badge, type FilterField, facts, filters, more, pager, path, reasonText, segment, when } from './words.ts'

const fields: readonly FilterField[] = [
  { name: 'verdict', label: 'Verdict', options: verdicts },
  { name: 'reason', label: 'Reason', options: reasonTokens },
  { name: 'client', label: 'Client' },
  { name: 'recipient', label: 'Recipient' },
  { name: 'id', label: 'Id' },
]
const action = '/transactions'
const shownRecipients = 100

export function transactionsPage({ transactions, next }: TransactionPage, values: Readonly<Record<string, string | number>>): Html {
  return html`<h1>Transactions</h1>
${filters(action, fields, values)}
${transactions.length === 0 ? empty(Object.keys(values).length > 0) : table(transactions)}
${pager(action, values, next)}`
}

const empty = (filtered: boolean) =>
  filtered
    ? html`<p class="empty">No transaction fits. <a href="${action}">Show all</a></p>`
    : html`<p class="empty">No client has tried to send mail yet.</p>`

const table = (rows: readonly TransactionRow[]) => html`<table class="list" role="table">
<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Verdict</th><th role="columnheader" scope="col">Reply</th><th role="columnheader" scope="col">Sender and recipients</th><th role="columnheader" scope="col">Client</th><th role="columnheader" scope="col" class="number">Count</th><th role="columnheader" scope="col">Time</th></tr></thead>
<tbody role="rowgroup">
${rows.map(line)}
</tbody>
</table>`

const line = (row: TransactionRow) => html`<tr role="row">
<td role="cell" class="state">${badge(row.verdict)}</td>
<td role="cell" class="what"><a href="/transactions/${segment(row.id)}">${cut(row.reply, 200)}</a>${row.reason !== null && html`<span class="sub"><code>${row.reason}</code></span>`}</td>
<td role="cell" class="who">${path(row.sender)}${recipientsInShort(row.recipients)}</td>
<td role="cell" class="where">${row.client ?? 'local'}</td>
<td role="cell" class="number">${row.count > 1 && `${row.count} ×`}</td>
<td role="cell" class="time">${when(row.at)}</td>
</tr>
`

function recipientsInShort(recipients: readonly string[]): Html | null {
  const [first] = recipients
  if (first === undefined) return null
  return html`<span class="sub">to\u00a0${path(first)}${recipients.length > 1 && ` and ${recipients.length - 1} more`}</span>`
}

export function transactionPage(row: TransactionRow): Html {
  const recipients = [
    row.recipients.slice(0, shownRecipients).map(one => html`<span class="line">${path(one)}</span>`),
    more(row.recipients.length, shownRecipients),
  ]
  return html`<p class="crumb"><a href="${action}">Transactions</a></p>
<h1>${badge(row.verdict)} ${cut(row.reply, 600)}</h1>
${row.count > 1 && html`<p class="banner">${row.count} equal ones from this network are counted here.</p>`}
<section><h2>Transaction</h2>${facts([
    ['Id', html`<code>${row.id}</code>`],
    ['Time', when(row.at)],
    ['Reason', row.reason === null ? null : reasonText(row.reason)],
    ['Client', row.client ?? 'local'],
    ['HELO', row.helo === null ? null : cut(row.helo, 260)],
    ['Listener', row.listener],
    ['Reverse-path', path(row.sender)],
    [row.recipients.length === 1 ? 'Recipient' : 'Recipients', row.recipients.length === 0 ? html`<i>none</i>` : recipients],
    ['Message', row.message === null ? 'not kept' : html`<a href="/messages/${segment(row.message)}">${row.message}</a>`],
  ])}</section>
<section><h2>Decisions</h2>${decisions(row.decisions)}</section>`
}
