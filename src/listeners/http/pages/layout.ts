/**
 * The frame of every page: head, navigation, the box that finds an id, the state of the spool. `frame` is for visitors who
 * may know nothing, `layout` for those whom the guard lets in.
 */
import type { ProcessorStatus, SpoolStatus } from '../../../transaction/desk.ts'
import { type Html, html, type Part } from '../html.ts'
import { cut } from '../visible.ts'
import { pausedStrip } from './processors.ts'
import { octets } from './words.ts'

export interface Surroundings {
  readonly status: SpoolStatus
  readonly processors: readonly ProcessorStatus[]
  readonly version: string
  /** By cookie: there is something to log out of. */
  readonly loggedIn: boolean
}

export interface Page {
  readonly title: string
  readonly here: 'messages' | 'transactions' | 'processors' | null
  readonly body: Part
}

export const frame = (title: string, body: Part): Html => html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${cut(title, 120)} · Postern</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
${body}
</body>
</html>
`

export function layout({ title, here, body }: Page, { status, processors, version, loggedIn }: Surroundings): Html {
  const item = (href: string, text: string, current: boolean) =>
    current ? html`<a href="${href}" aria-current="page">${text}</a>` : html`<a href="${href}">${text}</a>`
  return frame(
    title,
    html`<a class="skip" href="#main">Skip to content</a>
<header>
  <a class="brand" href="/">Postern</a>
  <nav aria-label="Main">${item('/', 'Messages', here === 'messages')}${item('/transactions', 'Transactions', here === 'transactions')}${item('/processors', 'Processors', here === 'processors')}</nav>
  <form class="find" action="/find" method="get" role="search">
    <input name="id" aria-label="Message or transaction id" placeholder="Find an id or a reply" autocomplete="off" autocapitalize="none" spellcheck="false" required>
    <button>Find</button>
  </form>
</header>
<main id="main" tabindex="-1">
${!status.writable && html`<p class="banner bad" role="alert"><b>The spool takes no mail now.</b> ${status.detail}</p>`}
${here !== 'processors' && pausedStrip(processors)}
${body}
</main>
<footer>
  <p>Postern ${version} · spool ${status.writable ? 'writable' : 'not writable'}, ${octets(status.used)} used, ${octets(status.free)} free · times are UTC</p>
  ${loggedIn && html`<form action="/logout" method="post"><button class="quiet">Log out</button></form>`}
</footer>`,
  )
}
