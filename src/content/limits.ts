/** What a message may cost to be parsed, and the error that says which budget it broke. */

export interface ContentLimits {
  /** Parts, those that hold others counted in. */
  readonly parts: number
  /** How deep multiparts stand in each other. */
  readonly depth: number
  /** Addresses in From, Reply-To, To and Cc together. */
  readonly addresses: number
  /** Octets of a header section: that of the message is cut there, that of a part breaks the budget. */
  readonly header: number
  /** Octets in UTF-8 that text and html are cut to. */
  readonly text: number
  readonly html: number
}

/** `message` is for people: 'more than 1000 parts'. Never leaves content/: it becomes the status of the content. */
export class OverBudget extends Error {
  override readonly name = 'OverBudget'
}

/** As much of `text` as fits into `octets` of UTF-8, never half a character. */
export function cutText(text: string, octets: number): { readonly text: string; readonly cut: boolean } {
  // No UTF-16 unit takes more than three octets.
  if (text.length * 3 <= octets || Buffer.byteLength(text) <= octets) return { text, cut: false }
  const whole = Buffer.from(text).subarray(0, octets + 1)
  let end = octets
  while (end > 0 && (whole[end]! & 0xc0) === 0x80) end--
  return { text: whole.toString('utf8', 0, end), cut: true }
}
