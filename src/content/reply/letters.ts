/**
 * The first letters and digits that a reader sees behind a place in HTML: tags, comments, styles and all other characters left out, in lower
 * case. Enough of the HTML standard to compare with a text, not to show anything.
 */

/** Of the HTML behind the place so much is read at most. */
const mostRead = 16 * 1024

export interface From {
  readonly start: number
  readonly most: number
}

export function lettersFrom(html: string, { start, most }: From): string {
  const piece = html.slice(start, start + mostRead)
  let letters = ''
  let at = 0
  while (at < piece.length && letters.length < most) {
    const tag = piece.indexOf('<', at)
    letters += lettersIn(piece.slice(at, tag < 0 ? piece.length : tag))
    if (tag < 0) break
    at = behindTag(piece, tag)
  }
  return letters.slice(0, most)
}

function behindTag(piece: string, tag: number): number {
  const behind = (word: string): number => {
    const end = piece.indexOf(word, tag)
    return end < 0 ? piece.length : end + word.length
  }
  if (piece.startsWith('<!--', tag)) return behind('-->')
  if (/^<style\b/i.test(piece.slice(tag, tag + 8))) return behind('</style>')
  return behind('>')
}

const lettersIn = (text: string): string =>
  text
    .replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,8}));/gi, (_, decimal, hex, name) => characterOf(decimal, hex, name))
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '')

function characterOf(decimal?: string, hex?: string, name?: string): string {
  if (name !== undefined) {
    const at = latin.indexOf(name)
    return at < 0 ? '' : String.fromCodePoint(0xc0 + at)
  }
  const code = decimal === undefined ? Number.parseInt(hex!, 16) : Number(decimal)
  return code > 0x10ffff ? '' : String.fromCodePoint(code)
}

/** The letters of Latin-1 from U+00C0 on, by name: those that clients write so. */
const latin: readonly string[] = (
  'Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ' +
  'ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig ' +
  'agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml ' +
  'eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml'
).split(' ')
