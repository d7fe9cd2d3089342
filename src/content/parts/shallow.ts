/**
 * HTML cut off before tags stand so deep in each other that a parser takes quadratic time. Deeper than this nobody writes, and
 * html-to-text doesn't look. One linear pass; no parser, so it may count a tag inside of a comment or a script.
 */

const tag = /<(\/?)([a-zA-Z][a-zA-Z0-9]{0,30})/g
/** Never hold anything, or are closed by the next of their kind (HTML 13.1.2.4). */
const flat = new Set(
  'area base br col embed hr img input link meta param source track wbr p li dt dd td th tr tbody thead tfoot colgroup caption option optgroup rb rp rt rtc'.split(
    ' ',
  ),
)

/** The HTML before the first tag that stands deeper than `deepest`; usually all of it. */
export function shallow(html: string, deepest: number): string {
  let depth = 0
  for (const { 1: closes, 2: name, index } of html.matchAll(tag)) {
    if (flat.has(name!.toLowerCase())) continue
    depth = closes === '/' ? Math.max(0, depth - 1) : depth + 1
    if (depth > deepest) return html.slice(0, index)
  }
  return html
}
