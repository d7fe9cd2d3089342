/**
 * A header section as a list of fields, octet for octet (RFC 5322 2.2), of the message or of a part. Tolerant as readers of mail are:
 * a line that is neither a field nor a continuation begins the body. Linear; must not judge what the fields say.
 */

export interface RawField {
  /** As written. */
  readonly name: string
  /** Without the line ends of its folds and the white space around it, one character an octet. */
  readonly value: string
}

export interface RawHeader {
  readonly fields: readonly RawField[]
  /** Octets up to the body, the empty line counted in. */
  readonly bodyStart: number
  /** True where fields that end beyond `limit` octets were left out. */
  readonly cut: boolean
}

const start = /^([\x21-\x39\x3b-\x7e]+)[ \t]*:/

/** Looks at the whole header section to find the body, and keeps what stands in its first `limit` octets. */
export function readFields(octets: Uint8Array, limit: number): RawHeader {
  const all = Buffer.from(octets.buffer, octets.byteOffset, octets.length)
  const fields: { name: string; lines: string[] }[] = []
  let at = 0
  let cut = false
  while (at < all.length) {
    const feed = all.indexOf(10, at)
    const end = feed < 0 ? all.length : feed + 1
    const length = end - at
    const first = all[at]!
    if (first === 10 || (first === 13 && length <= 2)) {
      at = end
      break
    }
    const continues = (first === 32 || first === 9) && (fields.length > 0 || cut)
    const line = end > limit ? '' : all.toString('latin1', at, end).replace(/\r?\n$/, '')
    const match = continues ? null : start.exec(end > limit ? all.toString('latin1', at, Math.min(end, at + 1000)) : line)
    if (!continues && match === null) break
    if (end > limit) {
      // The fields of a cut header are whole: the one that is under way goes too.
      if (continues && !cut) fields.pop()
      cut = true
    } else if (continues) fields.at(-1)!.lines.push(line)
    else fields.push({ name: match![1]!, lines: [line.slice(match![0].length)] })
    at = end
  }
  return { fields: fields.map(({ name, lines }) => ({ name, value: lines.join('').trim() })), bodyStart: at, cut }
}

/** The topmost field of this name, given in lower case. */
export const firstField = (fields: readonly RawField[], name: string): string | undefined =>
  fields.find(field => field.name.length === name.length && field.name.toLowerCase() === name)?.value
