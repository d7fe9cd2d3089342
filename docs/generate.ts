/**
 * Writes the generated pages: `npm run docs`. The rules tests compare the files with what these functions give, so a page
 * can't go stale. docs/replies.md comes from the catalogue of replies and the reasons; the configuration's pages from its schema.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import * as catalogue from '../src/mail/replies.ts'
import type { Reply } from '../src/mail/reply.ts'
import { reasons } from '../src/policy/reasons.ts'
import { configJsonSchema, configMarkdown } from './generate-config.ts'
import { meaningOf } from './status-codes.ts'

/** The pages by their path in the checkout. */
export function pages(): Record<string, string> {
  return {
    'docs/replies.md': repliesMarkdown(),
    'docs/config.md': withNewline(configMarkdown()),
    'config/schema.json': withNewline(configJsonSchema()),
  }
}

/** The page of replies and reasons. */
export function repliesMarkdown(): string {
  const source = readFileSync(new URL('../src/mail/replies.ts', import.meta.url), 'utf8')
  const sections = sectionsOf(source)
  const parts = [...new Set(sections.values())].map(section => {
    const names = [...sections.keys()].filter(name => sections.get(name) === section)
    const rows = names.flatMap(name => replyOf((catalogue as Record<string, unknown>)[name])).map(replyRow)
    return [`### ${section}`, table(['Code', 'Status', 'Text', 'Reasons', 'What it means'], rows)].join('\n\n')
  })
  return `${[HEAD, ...parts, REASONS_HEAD, table(['Reason', 'Reply at an origin peer', 'What it means'], reasonRows())].join('\n\n')}\n`
}

const HEAD = `# Replies and reasons

<!-- Made by \`npm run docs\` from src/mail/replies.ts and src/policy/reasons.ts. Change those, not this page. -->

What Postern says to its peers, and why. A refusal carries the transaction's id behind its text: look for it in the log, or with
\`GET /api/transactions?id=…\`.

What a code asks of the client (RFC 5321 4.2.1): **2yz** done; **3yz** go on; **4yz** keep the mail and try again later;
**5yz** give up and tell the sender. 421 closes the connection. The status is the enhanced status code of RFC 3463.

## Replies`

const REASONS_HEAD = `## Reasons

The stable tokens in the log, the API and on the page. At a relay peer (LMTP from a queue), what depends on the sender or the message
is never refused with a 5yz: the message is answered 250 and discarded, with the same reason.`

/** A reply of the catalogue, or those made with words of the configuration: the host name, the extensions offered. */
function replyOf(entry: unknown): Reply[] {
  const made: unknown = typeof entry === 'function' ? entry('HOSTNAME', ['…']) : entry
  return [made].flat().filter((one): one is Reply => typeof one === 'object' && one !== null && 'code' in one && 'text' in one)
}

/** The comment above each reply names its section of the page. */
function sectionsOf(source: string): Map<string, string> {
  const sections = new Map<string, string>()
  let section = 'Session'
  for (const line of source.split('\n')) {
    const heading = /^\/\/ (.+)$/.exec(line)
    if (heading) section = heading[1]!
    const name = /^export (?:const|function) (\w+)/.exec(line)
    if (name) sections.set(name[1]!, section)
  }
  return sections
}

function replyRow(reply: Reply): string[] {
  // A reason that keeps mail speaks with the 250 of all kept mail, which needs no reason.
  const because = reply.code < 400 ? [] : Object.entries(reasons).filter(([, facts]) => facts.reply === reply)
  const meaning = because.length > 0 ? because.map(([, facts]) => facts.meaning).join('; ') : meaningOf(reply)
  return [String(reply.code), reply.status ?? '', reply.text, because.map(([reason]) => `\`${reason}\``).join(', '), meaning]
}

const reasonRows = (): string[][] =>
  Object.entries(reasons).map(([reason, { reply, meaning }]) => [`\`${reason}\``, `${reply.code} ${reply.status ?? ''}`.trim(), meaning])

const table = (head: string[], rows: string[][]): string =>
  [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.map(cell).join(' | ')} |`).join('\n')
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;')
const withNewline = (text: string): string => (text.endsWith('\n') ? text : `${text}\n`)

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const [path, text] of Object.entries(pages())) {
    writeFileSync(new URL(`../${path}`, import.meta.url), text)
    console.log(path)
  }
}
