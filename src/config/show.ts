/**
 * How a value found in a configuration is shown to the operator: enough to recognise it, on one line. Nothing that could be
 * a secret is shown, wherever it stands: a secret is most easily written in the wrong place.
 */
import { looksSecret } from './looks-secret.ts'
import type { Path } from './problem.ts'

const longest = 60

/** `undefined` is what isn't there. */
export function show(value: unknown, path: Path): string {
  if (value === undefined || value === null) return 'nothing'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`
  if (typeof value === 'object') return showKeys(Object.keys(value))
  if (path.some(step => typeof step === 'string' && secretKey.test(step)))
    return typeof value === 'string' ? 'a text that is not shown here' : 'a value that is not shown here'
  return typeof value === 'string' ? showText(value) : String(value)
}

/** Texts for others, such as header fields and variables, are where secrets are put for want of a better place. */
const secretKey = /secret|token|password|^bearer$|^headers$|^environment$/i

function showKeys(keys: readonly string[]): string {
  if (keys.length === 0) return 'an empty mapping'
  const shown = keys.slice(0, 8).map(key => showText(key))
  return `a mapping with ${shown.join(', ')}${keys.length > 8 ? ', …' : ''}`
}

/** Quoted, cut, without control characters, and hidden where it looks like a secret. */
export function showText(text: string): string {
  if (looksSecret(text)) return 'a text that is not shown, since it looks like a secret'
  const plain = withoutQuery(text)
  const cut = plain.length > longest ? `${plain.slice(0, longest)}…` : plain
  return JSON.stringify(cut.replace(/[\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, '\ufffd'))
}

/** The query of a web address is where people put tokens. */
export const withoutQuery = (text: string): string => text.replace(/^([a-z]+:\/\/[^?#]*)[?#][\s\S]+$/i, '$1?…')
