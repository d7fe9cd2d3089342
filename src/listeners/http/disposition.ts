/**
 * Content-Disposition of a download (RFC 6266): a name that a stranger wrote, made safe for a file system and for the header.
 * Always `attachment`, so that no browser renders it in our origin; the full name stands in `filename*` (RFC 8187).
 */
import { cut } from './visible.ts'

/** In UTF-16 units; most file systems take 255 octets. */
const longest = 120

/** What no file name may hold: controls, separators, what Windows keeps for itself, marks that turn the writing round. */
const unfit =
  /[\x00-\x1f\x7f-\x9f/\\:*?"<>|\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|\p{Cs}/gu

/** `fallback` is for a name of which nothing is left. What it gives stays as it is when it is given again. */
export function fileName(name: string | null, fallback: string): string {
  const base = trimmed(ends(name ?? '').replace(unfit, '_'))
  const made = base.length <= longest ? base : shortened(base)
  return /^[_\s]*$/.test(made) ? fallback : made
}

/** Of what is far too long anyway: to look for white space at an end takes a time that grows with the square. */
const ends = (name: string): string => (name.length <= 8 * longest ? name : name.slice(0, 4 * longest) + name.slice(-4 * longest))

/** A dot in front would hide it, and Windows takes neither dots nor spaces at the end. */
const trimmed = (name: string): string => name.replace(/^[\s.]+/, '').replace(/[\s.]+$/, '')

function shortened(base: string): string {
  // What the end says of the type is worth keeping.
  const end = /\.[A-Za-z0-9]{1,10}$/.exec(base)?.[0] ?? ''
  return trimmed(cut(base.slice(0, base.length - end.length), longest - end.length).replace(/…$/, '')) + end
}

/** `name` as `fileName` gives it. */
export function attachmentDisposition(name: string): string {
  const plain = name.replace(/[^\x20-\x7e]|[%"\\]/g, '_')
  if (plain === name) return `attachment; filename="${name}"`
  const encoded = encodeURIComponent(name).replace(/['()*!]/g, character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`
}
