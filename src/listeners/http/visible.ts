/**
 * Text from mail made safe to read: what would be invisible, move the cursor or turn the writing round (control characters,
 * bidirectional overrides, zero-width characters) is shown as what it is. Doesn't escape for HTML: that is html.ts.
 */
// \t and \n stay. So do the joiners U+200C and U+200D, which Persian and emoji need.
const hidden =
  /[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|\p{Cs}/gu

/** `\r` becomes ␍, U+202E becomes [U+202E], a lone surrogate becomes U+FFFD. */
export function visible(text: string): string {
  return text.replace(hidden, character => {
    const code = character.codePointAt(0)!
    if (code < 0x20) return String.fromCharCode(0x2400 + code)
    if (code === 0x7f) return '\u2421'
    if (code >= 0xd800 && code <= 0xdfff) return '\ufffd'
    return `[U+${code.toString(16).toUpperCase().padStart(4, '0')}]`
  })
}

/** At most `limit` UTF-16 units of it, never half a surrogate pair, with an ellipsis where something was cut. */
export function cut(text: string, limit: number): string {
  if (text.length <= limit) return text
  const last = text.charCodeAt(limit - 1)
  return `${text.slice(0, last >= 0xd800 && last <= 0xdbff ? limit - 1 : limit)}…`
}
