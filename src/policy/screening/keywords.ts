/**
 * The little of structured field values that screening reads: a first keyword, a media type. Comments may nest and stand
 * anywhere (RFC 5322 3.2.2), parameters follow a semicolon (RFC 3834 5, RFC 2045 5.1). Looks at the first 4,096
 * characters, is linear, and never throws.
 */
const maxRead = 4096

/** The first keyword in lower case, '' where there is none: `(I am) No (really); x=y` is `no`. */
export function firstKeyword(value: string): string {
  const text = readable(value)
  return /^[ \t\r\n]*([^\x00-\x20()<>@,;:\\"/[\]?=\x7f]*)/.exec(text)![1]!.toLowerCase()
}

/** `type/subtype` in lower case, '' where there is none. White space and comments around the slash are allowed. */
export function mediaType(value: string): string {
  const text = readable(value)
  const match =
    /^[ \t\r\n]*([^\x00-\x20()<>@,;:\\"/[\]?=\x7f]{1,127})[ \t\r\n]*\/[ \t\r\n]*([^\x00-\x20()<>@,;:\\"/[\]?=\x7f]{1,127})/.exec(text)
  return match === null ? '' : `${match[1]}/${match[2]}`.toLowerCase()
}

/** The value of a parameter, without quotes; null where it is not there. `name` is given in lower case. RFC 2231 is not followed. */
export function parameter(value: string, name: string): string | null {
  const text = readable(value)
  const next =
    /;[ \t\r\n]*(?:([^\x00-\x20()<>@,;:\\"/[\]?=\x7f]{1,127})[ \t\r\n]*=[ \t\r\n]*(?:"((?:[^"\\]|\\[\s\S])*)"|([^;" \t\r\n]*)))?[^;"]*/y
  next.lastIndex = Math.max(0, text.indexOf(';'))
  for (let match = next.exec(text); match !== null; match = next.exec(text)) {
    if (match[1]?.toLowerCase() === name) return match[2]?.replace(/\\([\s\S])/g, '$1') ?? match[3]!
  }
  return null
}

function readable(value: string): string {
  const start = value.slice(0, maxRead)
  return start.includes('(') ? withoutComments(start) : start
}

/** A space stands for each comment, so that it parts words as white space does. One that is not closed takes the rest. */
export function withoutComments(value: string): string {
  let result = ''
  let depth = 0
  let quoted = false
  let start = 0
  for (let i = 0; i < value.length; i++) {
    const c = value[i]
    if (c === '\\' && (quoted || depth > 0)) i++
    else if (c === '"' && depth === 0) quoted = !quoted
    else if (c === '(' && !quoted) {
      if (depth === 0) result += `${value.slice(start, i)} `
      depth++
    } else if (c === ')' && depth > 0 && --depth === 0) start = i + 1
  }
  return depth > 0 ? result : result + value.slice(start)
}
