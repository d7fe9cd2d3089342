/**
 * A strict reader of the markup we write: every tag must be one a template of ours could have, every attribute quoted, no
 * character reference unknown. What is left is the skeleton: tags and attribute names without any text or value.
 */
const tag = /^<(\/?)([a-z][a-z0-9]*)((?:\s+[a-z-]+(?:="[^"<>]*")?)*)\s*>/
const attribute = /\s+([a-z-]+)(?:="([^"<>]*)")?/g
const loose = /[<>"'`]|&(?!(?:amp|lt|gt|quot|#39|#96);)/

export interface Skeleton {
  readonly tags: readonly string[]
  /** The text between tags, and the attribute values, as a browser would read them. */
  readonly texts: readonly string[]
}

/** Throws where the markup is not of the strict form. `"` and `'` may stand in text: they are harmless there. */
export function skeleton(page: string): Skeleton {
  const tags: string[] = []
  const texts: string[] = []
  let rest = page.replace(/^<!doctype html>/, '')
  while (rest !== '') {
    if (rest.startsWith('<')) {
      const match = tag.exec(rest)
      if (match === null) throw new Error(`no tag of ours: ${rest.slice(0, 80)}`)
      const names: string[] = []
      for (const [, name, value] of match[3]!.matchAll(attribute)) {
        names.push(name!)
        texts.push(text(value ?? '', /[<>"`]|&(?!(?:amp|lt|gt|quot|#39|#96);)/))
      }
      tags.push(`${match[1]}${match[2]} ${names.join(' ')}`)
      rest = rest.slice(match[0].length)
    } else {
      const end = rest.indexOf('<')
      const run = end < 0 ? rest : rest.slice(0, end)
      texts.push(text(run, loose))
      rest = rest.slice(run.length)
    }
  }
  return { tags, texts }
}

const characters: Record<string, string> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'", '&#96;': '`' }

function text(run: string, forbidden: RegExp): string {
  const found = forbidden.exec(run)
  if (found !== null) throw new Error(`not escaped: ${run.slice(Math.max(0, found.index - 40), found.index + 40)}`)
  return run.replace(/&(?:amp|lt|gt|quot|#39|#96);/g, reference => characters[reference]!)
}
