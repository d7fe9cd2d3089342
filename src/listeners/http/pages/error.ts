/**
 * A problem as a page. It has no navigation and no state of the server, because it is shown to strangers too.
 */
import { STATUS_CODES } from 'node:http'
import { type Html, html } from '../html.ts'
import type { Problem } from '../problem.ts'
import { frame } from './layout.ts'

export const errorPage = ({ status, message, facts }: Problem): Html =>
  frame(
    `${status}`,
    html`<main class="narrow">
  <h1>${status} ${STATUS_CODES[status]}</h1>
  <p>${message}</p>
  ${typeof facts.id === 'string' && html`<p>Id: <code>${facts.id}</code></p>`}
  ${typeof facts.found === 'string' && facts.found !== '' && html`<p>Found: <code>${facts.found}</code></p>`}
  <p><a href="/">All messages</a></p>
</main>`,
  )
