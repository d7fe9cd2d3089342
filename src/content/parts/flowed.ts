/** Text that was sent as format=flowed (RFC 3676): soft line breaks taken out, so that a paragraph is a line. Linear. */

/** `text` with LF; `delSp`: the space at a soft break goes too (4.1). */
export function unflow(text: string, delSp: boolean): string {
  const lines: string[] = []
  // The paragraph under way: its depth of quotes and what it has so far.
  let depth = -1
  let open: string[] = []
  const close = (): void => {
    if (depth >= 0) lines.push(quoteMarks(depth) + open.join(''))
    depth = -1
    open = []
  }
  for (const line of text.split('\n')) {
    const marks = /^>*/.exec(line)![0].length
    const rest = line.slice(marks).replace(/^ /, '')
    // A signature separator is never flowed (4.3), nor is one paragraph of two depths (4.5).
    const signature = rest === '-- '
    if (signature || marks !== depth) close()
    const soft = rest.endsWith(' ') && !signature
    depth = marks
    open.push(soft && delSp ? rest.slice(0, -1) : rest)
    if (!soft) close()
  }
  close()
  return lines.join('\n')
}

const quoteMarks = (depth: number): string => (depth > 0 ? `${'>'.repeat(depth)} ` : '')
