/**
 * Text for people about what was found. What strangers wrote (DNS records, tags, error messages) comes in here and leaves as one
 * line of printable ASCII.
 */

const longest = 200

/** At most 200 characters; whatever is not printable ASCII is a space or a question mark. */
export function oneLine(text: string): string {
  const clean = text
    .slice(0, longest * 4)
    .replace(/[\x00-\x20\x7f]+/g, ' ')
    .replace(/[^\x20-\x7e]/g, '?')
    .trim()
  return clean.length <= longest ? clean : `${clean.slice(0, longest - 3)}...`
}
