/**
 * The one page of the application, as HTML. What came by mail is strangers' text: everything is escaped, and the page runs no
 * script.
 */
import type { Mail } from './mail.ts'

export const answers = ['200', 'hold', 'discard', 'refuse', '404', '500', 'time-out'] as const
export type Answer = (typeof answers)[number]

export interface View {
  readonly mails: readonly Mail[]
  /** The address that was just made, where one was. */
  readonly minted: string | null
  readonly answer: Answer
  /** How many calls it is for; null for all. */
  readonly left: number | null
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const text = (value: unknown) => String(value ?? '').replace(/[&<>"']/g, character => entities[character]!)

const style = `body { font: 16px/1.5 system-ui; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
pre { background: #f3f3f3; padding: 1rem; overflow: auto; max-height: 24rem } form { margin: 1rem 0 } code { background: #f3f3f3 }`

export function page({ mails, minted, answer, left }: View): string {
  const options = answers.map(name => `<option${name === answer ? ' selected' : ''}>${name}</option>`).join('')
  const address = minted === null ? '' : `<p>Write to <code id="address">${text(minted)}</code></p>`
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Sample application</title><style>${style}</style>
<h1>Sample application</h1>
<form method="post" action="/addresses">
  A reply address for <input name="subject" value="ticket-1" required maxlength="32">, its key
  <select name="kind"><option value="signed">signed</option><option value="redis">kept in Redis</option></select>
  <button>Make</button>
</form>${address}
<form method="post" action="/answer">
  Answer Postern's calls with <select name="answer">${options}</select>,
  the next <input name="calls" type="number" min="1" max="1000" value="${left ?? ''}"> calls (empty: all) <button>Set</button>
</form>
<h2>${mails.length} mails</h2>
${mails.slice(0, 50).map(article).join('\n')}
</html>`
}

function article({ subject, sender, author, recipient, received, claims, id, text: written, raw, verdict }: Mail): string {
  const message = raw === null ? 'not in the event' : Buffer.from(raw, 'base64').toString('utf8').slice(0, 4000)
  const from = author === null ? `${sender || '<>'} (not proved)` : author
  return `<article><h3>${text(subject || '(no subject)')}</h3>
<p>${text(received)}, from ${text(from)} to ${text(recipient)}, for <b>${text(claims.subject ?? 'nothing in particular')}</b>, id ${text(id)}, verdict ${text(verdict)}</p>
<pre>${text((written ?? '').slice(0, 4000) || '(no text)')}</pre>
<details><summary>message</summary><pre>${text(message)}</pre></details></article>`
}
