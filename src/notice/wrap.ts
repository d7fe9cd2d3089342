/** Text broken into lines for people, at white space (RFC 5322 2.1.1: 78 characters). A word that is longer stays whole. Pure. */

export const width = 72

/** Line ends are LF; those of `text` stay. */
export const wrap = (text: string): string => text.split('\n').map(wrapLine).join('\n')

function wrapLine(line: string): string {
  const lines: string[] = []
  let current = ''
  for (const word of line.split(' ')) {
    if (current === '') current = word
    else if ([...current].length + 1 + [...word].length <= width) current += ` ${word}`
    else {
      lines.push(current)
      current = word
    }
  }
  return [...lines, current].join('\n').replace(/[ \t]+$/gm, '')
}
