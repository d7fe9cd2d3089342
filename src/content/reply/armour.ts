/**
 * Two things around and in a text that have lines of their own meaning: the armour of an OpenPGP signature (RFC 9580 §7: removed, and the
 * dash-escapes of its lines undone) and fenced code (protected: what stands in it is never a quote, a signature or a marker).
 */

const signed = '-----BEGIN PGP SIGNED MESSAGE-----'
const signature = '-----BEGIN PGP SIGNATURE-----'
const end = '-----END PGP SIGNATURE-----'

export interface Armour {
  /** Which lines are armour. One that isn't whole is text. */
  readonly lines: ReadonlySet<number>
  /** Lines whose dash-escape (`- -- `) must be undone. */
  readonly escaped: readonly number[]
}

export function armourOf(texts: readonly string[]): Armour {
  const lines = new Set<number>()
  const escaped: number[] = []
  let begins = -1
  let signs = -1
  texts.forEach((text, at) => {
    if (!text.startsWith('-----')) return
    const word = text.trimEnd()
    if (word === signed) [begins, signs] = [at, -1]
    else if (word === signature) signs = at
    else if (word === end && signs >= 0) {
      const head = begins < 0 ? signs : headEnd(texts, begins + 1)
      if (begins >= 0) for (let line = begins; line < head; line++) lines.add(line)
      for (let line = head; line < signs && begins >= 0; line++) if (/^- (?:-|From )/.test(texts[line]!)) escaped.push(line)
      for (let line = signs; line <= at; line++) lines.add(line)
      ;[begins, signs] = [-1, -1]
    }
  })
  return { lines, escaped }
}

/** Behind the armour's own header: `Hash: SHA512` and an empty line. */
function headEnd(lines: readonly string[], start: number): number {
  let at = start
  while (at < lines.length && /^(?:Hash|Charset|Comment|Version|NotDashEscaped): /.test(lines[at]!)) at++
  return at
}

const fence = /^ {0,3}```/

/** For each line, whether it belongs to fenced code. A fence that is never closed protects nothing. */
export function fenced(lines: readonly string[]): readonly boolean[] {
  const inside = lines.map(() => false)
  let open = -1
  lines.forEach((line, at) => {
    if (!fence.test(line)) return
    if (open < 0) open = at
    else if (/^ {0,3}```+\s*$/.test(line.slice(0, 200))) {
      inside.fill(true, open, at + 1)
      open = -1
    }
  })
  return inside
}
