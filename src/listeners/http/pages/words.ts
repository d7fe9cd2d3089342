/**
 * The small pieces that every page shows: times, sizes, badges, filters. Pure; whatever comes from mail is cut here so that
 * no field can fill the screen.
 */
import { type Reason, reasons } from '../../../policy/reasons.ts'
import type { About } from '../../../transaction/ports.ts'
import { type Html, html, type Part } from '../html.ts'
import { cut } from '../visible.ts'

/** UTC, as the log has it. */
export function when(at: number): Html {
  const iso = Number.isFinite(at) && Math.abs(at) <= 8.64e15 ? new Date(at).toISOString() : ''
  return html`<time datetime="${iso}">${iso.slice(0, 10)} ${iso.slice(11, 19)}</time>`
}

/** An id as a segment of a path. Half a surrogate pair, which can't be encoded, becomes U+FFFD. */
export const segment = (id: string): string => encodeURIComponent(id.toWellFormed())

/** Octets with a binary unit: 512 B, 4.2 KiB. */
export function octets(count: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const power = count < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(count) / 10))
  const value = count / 1024 ** power
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]!}`
}

/** A state or verdict with its colour; the word itself says it too. */
export const badge = (word: string): Html => html`<span class="badge ${word}">${word}</span>`

/** An address of the envelope; '' is the null reverse-path, null none at all. */
export const path = (address: string | null): Part => (address === null ? html`<i>none</i>` : address === '' ? '<>' : cut(address, 520))

export const reasonText = (reason: Reason): Html => html`<code>${reason}</code> – ${reasons[reason]?.meaning}`

/** Of a notice: what it tells of. */
export const aboutText = (about: About | null): Part =>
  about !== null && html`about <span class="address">${path(about.recipient)}</span>: ${reasonText(about.reason)}`

/** A definition list; rows whose value is null are left out. */
export const facts = (rows: readonly (readonly [string, Part])[]): Html =>
  html`<dl>${rows.map(([name, value]) => value !== null && html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`

export const plural = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`

export const more = (count: number, shown: number): Part =>
  count > shown && html`<p class="empty">${plural(count - shown, 'more is', 'more are')} in the API.</p>`

export interface FilterField {
  readonly name: string
  readonly label: string
  /** Makes it a list to choose from. */
  readonly options?: readonly string[]
  /** An example of what may be written. */
  readonly hint?: string
}

export type Values = Readonly<Record<string, string | number>>

/** Times of a filter as a person can read and change them, and as query.ts reads them again. */
export const readable = (values: Values): Values =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, name === 'since' || name === 'until' ? new Date(value).toISOString() : value]),
  )

/** A GET form over the fields, with what is set now. */
export function filters(action: string, fields: readonly FilterField[], values: Values): Html {
  const active = fields.some(field => values[field.name] !== undefined)
  return html`<form class="filters" action="${action}" method="get" role="search" aria-label="Filters">
    ${fields.map(field => html`<label>${field.label}${control(field, values[field.name])}</label>`)}
    <div class="actions"><button>Filter</button>${active && html`<a href="${action}">Clear</a>`}</div>
  </form>`
}

function control({ name, options, hint }: FilterField, value: string | number | undefined): Html {
  if (options === undefined)
    return html`<input name="${name}" value="${value}" placeholder="${hint}" autocomplete="off" autocapitalize="none" spellcheck="false">`
  const choice = (option: string) =>
    option === value ? html`<option selected>${option}</option>` : html`<option value="${option}">${option}</option>`
  return html`<select name="${name}"><option value="">any</option>${options.map(choice)}</select>`
}

/** Links to the newest and the next older page, the filters kept. */
export function pager(action: string, values: Values, next: number | null): Html {
  const link = (before: number | null) => {
    const entries = Object.entries(readable(values)).filter(([name]) => name !== 'before')
    const query = new URLSearchParams(entries.map(([name, value]): [string, string] => [name, String(value)]))
    if (before !== null) query.set('before', String(before))
    const text = query.toString()
    return text === '' ? action : `${action}?${text}`
  }
  return html`<nav class="pager" aria-label="Paging">
    ${values.before !== undefined && html`<a href="${link(null)}">Newest</a>`}
    ${next !== null && html`<a rel="next" href="${link(next)}">Older</a>`}
  </nav>`
}
