/**
 * Which parts are the text of a message, and which are attached to it (RFC 2046 5.1, RFC 2183). Of alternatives the text is taken from
 * the first that has some and the HTML from the last; parts that stand one after the other are put together. Pure.
 */
import { decodeCharset } from '../charset/decode.ts'
import { unflow } from './flowed.ts'
import type { SplitPart } from './split.ts'

export interface Body {
  readonly text: string | null
  readonly textFrom: 'text' | 'html' | null
  readonly html: string | null
}

const bodyTypes = ['text/plain', 'text/html']

/** A named text is a file, unless it is all there is. */
export const isBody = (part: Omit<SplitPart, 'children'>, alone: boolean): boolean =>
  bodyTypes.includes(part.type) && part.disposition !== 'attachment' && (part.name === null || alone)

/** The leaves that are attached, in the order of the message. `root` is the whole message. */
export function attachedParts(root: SplitPart): SplitPart[] {
  const found: SplitPart[] = []
  const visit = (part: SplitPart): void => {
    if (part.type.startsWith('multipart/')) for (const child of part.children) visit(child)
    else if (!isBody(part, part === root)) found.push(part)
  }
  visit(root)
  return found
}

/** Text and HTML of one subtree, from the top; `made` where the text was made from HTML. */
interface Piece {
  readonly text: { readonly value: string; readonly made: boolean } | null
  readonly html: string | null
}

/** `toText` is called for HTML that has no text beside it. */
export function bodyOf(root: SplitPart, toText: (html: string) => string): Body {
  const pieces = piecesOf(root, root).map(piece => withText(piece, toText))
  const texts = pieces.flatMap(({ text }) => (text === null ? [] : [text]))
  const html = pieces.some(piece => piece.html !== null)
    ? pieces.map(piece => piece.html ?? asHtml(piece.text?.value ?? '')).join('\n')
    : null
  return {
    text: texts.length === 0 ? null : joinTexts(texts.map(({ value }) => value)),
    textFrom: texts.length === 0 ? null : texts.some(({ made }) => !made) ? 'text' : 'html',
    html,
  }
}

function piecesOf(part: SplitPart, root: SplitPart): Piece[] {
  if (!part.type.startsWith('multipart/')) return isBody(part, part === root) ? [leaf(part)] : []
  const inner = part.children.map(child => piecesOf(child, root))
  if (part.type !== 'multipart/alternative') return inner.flat()
  // An empty text beside HTML is what some software sends in place of none.
  const text = inner.find(pieces => pieces.some(piece => piece.text !== null && piece.text.value.trim() !== ''))
  const html = inner.findLast(pieces => pieces.some(piece => piece.html !== null))
  if (text === undefined || html === undefined || text === html) return text ?? html ?? inner.flat()
  const join = (pieces: readonly Piece[]) => joinTexts(pieces.flatMap(piece => (piece.text === null ? [] : [piece.text.value])))
  const made = html.map(piece => piece.html ?? asHtml(piece.text?.value ?? '')).join('\n')
  return [{ text: { value: join(text), made: false }, html: made }]
}

/** Without NUL, which neither text nor HTML has a use for. */
function leaf(part: SplitPart): Piece {
  const decoded = decodeCharset(part.octets, part.type === 'text/html' ? (part.charset ?? metaCharset(part.octets)) : part.charset)
    .replace(/^\ufeff/, '')
    .replaceAll('\0', '')
    .replace(/\r\n?/g, '\n')
  if (part.type === 'text/html') return { text: null, html: decoded }
  return { text: { value: part.flowed ? unflow(decoded, part.delSp) : decoded, made: false }, html: null }
}

/** What HTML says of itself at its beginning counts where the part says nothing. */
const metaCharset = (octets: Uint8Array): string | null =>
  /<meta[^>]{0,200}charset\s*=\s*["']?([\w-]{2,40})/i.exec(Buffer.from(octets.subarray(0, 2048)).toString('latin1'))?.[1] ?? null

const withText = (piece: Piece, toText: (html: string) => string): Piece =>
  piece.text !== null || piece.html === null ? piece : { ...piece, text: { value: toText(piece.html), made: true } }

const joinTexts = (texts: readonly string[]): string =>
  texts.reduce((all, text) => (all === '' || all.endsWith('\n') ? all + text : `${all}\n${text}`), '')

/** Text between pieces of HTML, so that nothing is missing in it. */
const asHtml = (text: string): string =>
  text.trim() === '' ? '' : `<pre>${text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')}</pre>`
