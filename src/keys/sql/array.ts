/**
 * An array as PostgreSQL writes it (its documentation, 8.15.6 Array Input and Output Syntax): `{a,"b, c",NULL}`. One
 * dimension, elements that are text, lower bound 1. Anything else is no such array.
 */
const element = /"((?:[^"\\]|\\[\s\S])*)"|([^"{},\\\s][^"{},\\]*)/y

/** The elements, null for NULL; null as a whole where `text` is no such array. */
export function parseArray(text: string): (string | null)[] | null {
  if (text === '{}') return []
  if (!text.startsWith('{') || !text.endsWith('}')) return null
  const elements: (string | null)[] = []
  for (let at = 1; ; at++) {
    element.lastIndex = at
    const found = element.exec(text)
    if (found === null) return null
    elements.push(found[1] === undefined ? unquoted(found[2]!) : found[1].replace(/\\([\s\S])/g, '$1'))
    at += found[0].length
    if (at === text.length - 1) return elements
    if (text[at] !== ',') return null
  }
}

const unquoted = (text: string): string | null => (text.toUpperCase() === 'NULL' ? null : text)
