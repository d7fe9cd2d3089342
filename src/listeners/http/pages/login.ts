/**
 * The form that takes the token. Shown in place of any page that needs one; afterwards the visitor lands where they wanted
 * to go, which must be a path of ours and nothing else.
 */
import { type Html, html } from '../html.ts'
import { frame } from './layout.ts'

/** The path to go to after the login; '/' for anything that a browser could read as another site. */
export const safeNext = (next: string): string => (/^\/(?![/\\])[\x21-\x5b\x5d-\x7e]{0,2000}$/.test(next) ? next : '/')

export const loginPage = (next: string, wrong = false): Html =>
  frame(
    'Log in',
    html`<main class="narrow">
  <h1>Postern</h1>
  ${wrong && html`<p class="banner bad" role="alert">That is not the token.</p>`}
  <form class="login" action="/login" method="post">
    <input type="hidden" name="next" value="${safeNext(next)}">
    <label>Token <input type="password" name="token" autocomplete="current-password" required autofocus></label>
    <button>Log in</button>
  </form>
  <p class="hint">The token is the one at <code>listeners.http.token</code> in the configuration.</p>
</main>`,
  )
