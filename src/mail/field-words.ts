/**
 * Words of the fields we write (Authentication-Results, Received-SPF), each made harmless by one encoder: ASCII, one line, bounded,
 * and nothing that ends a quoted string or a comment before its time (RFC 5322 3.2, RFC 2045 5.1).
 */

const longestWord = 255
const token = /^[A-Za-z0-9!#$%&'*+\-.^_`{|}~]+$/
// Without `=`: `dmarc=pass@example.org` must not look like a result to whoever searches the field.
const mailbox = /^[A-Za-z0-9!#$%&'*+\-/?^_`{|}~.]+@[A-Za-z0-9._-]+$/

/** What is not printable ASCII becomes a question mark. */
const ascii = (text: string): string => text.replace(/[^\x20-\x7e]/gu, '?').slice(0, longestWord)

/** A value: as it is where it is a token or a plain address, else a quoted string. */
export function fieldValue(text: string): string {
  const plain = ascii(text)
  return token.test(plain) || mailbox.test(plain) ? plain : `"${plain.replace(/["\\]/g, '\\$&')}"`
}

/** With its parentheses. */
export const fieldComment = (text: string): string => `(${ascii(text).replace(/[()\\]/g, '?')})`

/** What we take for a name in a place where no quotes may stand. */
export const fieldToken = (text: string): string => ascii(text).replace(/[^A-Za-z0-9._-]/g, '?') || 'unknown'

const width = 78

/** Words joined by single spaces, folded before a word that would pass column 78; `lead` stands on the first line. */
export function folded(lead: string, words: readonly string[]): string {
  let text = lead
  let column = lead.length
  for (const word of words) {
    const fits = column + 1 + word.length <= width
    text += fits ? ` ${word}` : `\r\n\t${word}`
    column = fits ? column + 1 + word.length : 8 + word.length
  }
  return text
}
