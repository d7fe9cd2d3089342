/**
 * What a charset parameter means: the encoding standard's labels (encoding.spec.whatwg.org 4.2) and what mail software writes beside
 * them. Gives a name that `decode` knows. Must not throw whatever stands there.
 */

/** Names the standard doesn't have; those of old code pages stand for the standard's superset of them. */
const others: ReadonlyMap<string, string> = new Map([
  ['utf-7', 'utf-7'],
  ['unicode-1-1-utf-7', 'utf-7'],
  ['x-unicode-1-1-utf-7', 'utf-7'],
  ['csunicode11utf7', 'utf-7'],
  ['hz-gb-2312', 'hz'],
  ['hz', 'hz'],
  ['iso-2022-kr', 'iso-2022-kr'],
  ['csiso2022kr', 'iso-2022-kr'],
  ['cp932', 'shift_jis'],
  ['ms932', 'shift_jis'],
  ['windows-932', 'shift_jis'],
  ['shift-jis', 'shift_jis'],
  ['sjis-win', 'shift_jis'],
  ['cp936', 'gbk'],
  ['ms936', 'gbk'],
  ['windows-936', 'gbk'],
  ['gb2312-80', 'gbk'],
  ['euc-cn', 'gbk'],
  ['cp949', 'euc-kr'],
  ['ms949', 'euc-kr'],
  ['uhc', 'euc-kr'],
  ['ks-c-5601', 'euc-kr'],
  ['cp950', 'big5'],
  ['ms950', 'big5'],
  ['windows-950', 'big5'],
  ['cp50220', 'iso-2022-jp'],
  ['cp50221', 'iso-2022-jp'],
  ['cp50222', 'iso-2022-jp'],
  ['iso-2022-jp-1', 'iso-2022-jp'],
  ['iso-2022-jp-2', 'iso-2022-jp'],
  ['iso-2022-jp-ms', 'iso-2022-jp'],
  ['jis', 'iso-2022-jp'],
  ['eucjp', 'euc-jp'],
  ['eucjp-win', 'euc-jp'],
  ['cp51932', 'euc-jp'],
  ['cp65001', 'utf-8'],
  ['utf-8-mac', 'utf-8'],
  ['cp874', 'windows-874'],
  ['mac-roman', 'macintosh'],
  ['macroman', 'macintosh'],
  ['koi8u', 'koi8-u'],
  ['koi8r', 'koi8-r'],
  ['latin9', 'iso-8859-15'],
  ['latin-9', 'iso-8859-15'],
  ['latin10', 'iso-8859-16'],
  ['ansi', 'windows-1252'],
])

/** In lower case, without the quotes, spaces and `charset=` that broken software leaves around it. */
const tidy = (text: string): string =>
  text
    .slice(0, 100)
    .toLowerCase()
    .replace(/^\s*charset\s*=/, '')
    .replace(/["'\s]/g, '')

/** How names of one kind are spelt: `win-1251`, `cp1251`, `windows1251`; `iso8859_15`, `8859-15`, `latin-1`; `utf8`. */
function respelt(name: string): string {
  const dashed = name.replaceAll('_', '-').replace(/^x-/, '')
  const page = /^(?:win|windows|cp|ms|ansi|microsoft-cp)-?(125\d)$/.exec(dashed)?.[1]
  if (page !== undefined) return `windows-${page}`
  const part = /^(?:iso)?-?8859-?(\d{1,2})(?:-(?:i|e|windows.*))?$/.exec(dashed)?.[1]
  if (part !== undefined) return `iso-8859-${part}`
  const latin = /^(?:latin|l)-?([1-6])$/.exec(dashed)?.[1]
  if (latin !== undefined) return `l${latin}`
  const unicode = /^utf-?(8|16|16le|16be)$/.exec(dashed)?.[1]
  return unicode === undefined ? dashed : `utf-${unicode}`
}

const standard = (label: string): string | null => {
  try {
    return new TextDecoder(label).encoding
  } catch {
    return null
  }
}

/** A name of the standard in lower case, `utf-7`, `hz` or `iso-2022-kr`; null where nobody knows what `label` means. */
export function encodingOf(label: string): string | null {
  const name = tidy(label)
  if (name === '') return null
  const spelling = respelt(name)
  return others.get(name) ?? others.get(spelling) ?? standard(name) ?? standard(spelling)
}
