/**
 * What an ARC-Authentication-Results field (RFC 8617 4.1.1, RFC 8601 2.2) says of DMARC. Comments and quoted strings are never taken
 * for results, because strangers' words stand in them; a field that says it twice says nothing.
 */
import { type Token, tokenize } from '../mail/tokens.ts'
import type { Arc } from '../policy/authentication/evidence.ts'
import { formatDomain } from './mailauth.ts'

/** `line` is the whole field, unfolded. */
export function dmarcOf(line: Buffer): Arc['dmarc'] {
  const text = line.toString('latin1')
  const { tokens, whole } = tokenize(text.slice(text.indexOf(':') + 1))
  if (!whole) return null
  const told = resinfos(tokens).filter(words => /^dmarc(?:\/1)?=/i.test(words[0] ?? ''))
  const words = told[0]
  if (words === undefined || told.length > 1) return null
  const result = /^[^=]*=([a-z]{1,20})$/i.exec(words[0]!)?.[1]
  if (result === undefined) return null
  const from = words.filter(word => /^header\.from=/i.test(word)).map(word => word.slice(word.indexOf('=') + 1))
  return { result: result.toLowerCase(), from: from.length === 1 ? domainOf(from[0]!) : null }
}

/** The words of each part between semicolons: `header.from=example.com`, quotes and comments gone. */
function resinfos(tokens: readonly Token[]): string[][] {
  const parts: string[][] = [[]]
  let open = false
  for (const { kind, text, content } of tokens) {
    const words = parts.at(-1)!
    if (kind === 'special' && text === ';') parts.push([])
    else if (kind !== 'space' && kind !== 'comment') {
      if (open && words.length > 0) words[words.length - 1] += content
      else words.push(kind === 'quoted' ? '' : content)
    }
    open = kind !== 'space' && kind !== 'comment' && !(kind === 'special' && text === ';')
  }
  return parts
}

function domainOf(value: string): string | null {
  const name = value.length <= 1000 ? formatDomain(value.slice(value.lastIndexOf('@') + 1)) : ''
  return /^[!-~]{1,253}$/.test(name) ? name : null
}
