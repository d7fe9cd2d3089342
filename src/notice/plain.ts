/**
 * Text of strangers made fit for a notice: one line, nothing invisible, nothing that turns the direction of writing, nothing
 * that a mail program makes a link of or decodes (RFC 2047). Must stay linear on hostile input. Pure.
 */

/** The part of a Subject that a notice repeats, in characters. */
export const longestSubject = 200
const longestLocal = 255

// Format characters but the two joiners that scripts need, controls, private and unassigned ones, halves of pairs.
const invisible = /(?![\u200c\u200d])\p{C}/gu
// The full stops that host names are written with (UTS 46 takes the last four for the first), where a label may follow, or was cut off.
const stops = /(?<=\S)[.\u2024\u3002\uff0e\uff61](?=[\p{L}…])|(?<=[\p{L}\p{M}])[.\u2024\u3002\uff0e\uff61](?=\p{N})/gu

/** One line of at most `longest` characters; `…` stands for what was cut off. */
export function plain(text: string, longest: number): string {
  // Cut first, so that nothing looks at megabytes; what goes away is mostly white space.
  const start = text.slice(0, longest * 16).toWellFormed()
  const clean = start
    .replace(/[\p{Z}\t\r\n]+/gu, ' ')
    .replace(invisible, '')
    .replace(/ {2,}/g, ' ')
    .trim()
  const characters = [...clean]
  return characters.length <= longest ? clean : `${characters.slice(0, longest - 1).join('')}…`
}

/** The same, with links, addresses and encoded-words broken: `https[:]//evil[.]example`. People still read what stood there. */
export const defused = (text: string, longest: number): string =>
  plain(text, longest)
    .replace(stops, '[.]')
    .replace(/:(?=\/\/)/g, '[:]')
    .replaceAll('@', '[at]')
    .replaceAll('=?', '= ?')

/** An address of ours as a stranger spelled it. Where its local part is more than letters, digits and `.+-_=`, it is defused. */
export function shownAddress(address: string): string {
  const at = address.lastIndexOf('@')
  if (at < 0) return defused(address, longestLocal)
  // The domain is one of ours: for no other anything would have been accepted.
  const local = address.slice(0, at)
  const shown = /^[\w.+=-]*$/.test(local) ? plain(local, longestLocal) : defused(local, longestLocal)
  return shown + plain(address.slice(at), longestLocal)
}
