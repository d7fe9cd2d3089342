/** Charsets: every label of the encoding standard (4.2), what mail software writes beside them, and what is called by a wrong name. */
import { describe, expect, test } from 'vitest'
import { decodeCharset } from '../../../src/content/charset/decode.ts'
import { encodingOf } from '../../../src/content/charset/label.ts'

/** By encoding, the labels of the standard; the last row is for those that a browser must not decode. */
const labels: Readonly<Record<string, string>> = {
  'utf-8': 'unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8',
  ibm866: '866 cp866 csibm866 ibm866',
  'iso-8859-2': 'csisolatin2 iso-8859-2 iso-ir-101 iso8859-2 iso88592 iso_8859-2 iso_8859-2:1987 l2 latin2',
  'iso-8859-3': 'csisolatin3 iso-8859-3 iso-ir-109 iso8859-3 iso88593 iso_8859-3 iso_8859-3:1988 l3 latin3',
  'iso-8859-4': 'csisolatin4 iso-8859-4 iso-ir-110 iso8859-4 iso88594 iso_8859-4 iso_8859-4:1988 l4 latin4',
  'iso-8859-5': 'csisolatincyrillic cyrillic iso-8859-5 iso-ir-144 iso8859-5 iso88595 iso_8859-5 iso_8859-5:1988',
  'iso-8859-6':
    'arabic asmo-708 csiso88596e csiso88596i csisolatinarabic ecma-114 iso-8859-6 iso-8859-6-e iso-8859-6-i iso-ir-127 iso8859-6 iso88596 iso_8859-6 iso_8859-6:1987',
  'iso-8859-7':
    'csisolatingreek ecma-118 elot_928 greek greek8 iso-8859-7 iso-ir-126 iso8859-7 iso88597 iso_8859-7 iso_8859-7:1987 sun_eu_greek',
  'iso-8859-8':
    'csiso88598e csisolatinhebrew hebrew iso-8859-8 iso-8859-8-e iso-ir-138 iso8859-8 iso88598 iso_8859-8 iso_8859-8:1988 visual',
  'iso-8859-8-i': 'csiso88598i iso-8859-8-i logical',
  'iso-8859-10': 'csisolatin6 iso-8859-10 iso-ir-157 iso8859-10 iso885910 l6 latin6',
  'iso-8859-13': 'iso-8859-13 iso8859-13 iso885913',
  'iso-8859-14': 'iso-8859-14 iso8859-14 iso885914',
  'iso-8859-15': 'csisolatin9 iso-8859-15 iso8859-15 iso885915 iso_8859-15 l9',
  'iso-8859-16': 'iso-8859-16',
  'koi8-r': 'cskoi8r koi koi8 koi8-r koi8_r',
  'koi8-u': 'koi8-ru koi8-u',
  macintosh: 'csmacintosh mac macintosh x-mac-roman',
  'windows-874': 'dos-874 iso-8859-11 iso8859-11 iso885911 tis-620 windows-874',
  'windows-1250': 'cp1250 windows-1250 x-cp1250',
  'windows-1251': 'cp1251 windows-1251 x-cp1251',
  'windows-1252':
    'ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1 iso88591 iso_8859-1 iso_8859-1:1987 l1 latin1 us-ascii windows-1252 x-cp1252',
  'windows-1253': 'cp1253 windows-1253 x-cp1253',
  'windows-1254': 'cp1254 csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599 iso_8859-9 iso_8859-9:1989 l5 latin5 windows-1254 x-cp1254',
  'windows-1255': 'cp1255 windows-1255 x-cp1255',
  'windows-1256': 'cp1256 windows-1256 x-cp1256',
  'windows-1257': 'cp1257 windows-1257 x-cp1257',
  'windows-1258': 'cp1258 windows-1258 x-cp1258',
  'x-mac-cyrillic': 'x-mac-cyrillic x-mac-ukrainian',
  gbk: 'chinese csgb2312 csiso58gb231280 gb2312 gb_2312 gb_2312-80 gbk iso-ir-58 x-gbk',
  gb18030: 'gb18030',
  big5: 'big5 big5-hkscs cn-big5 csbig5 x-x-big5',
  'euc-jp': 'cseucpkdfmtjapanese euc-jp x-euc-jp',
  'iso-2022-jp': 'csiso2022jp iso-2022-jp',
  shift_jis: 'csshiftjis ms932 ms_kanji shift-jis shift_jis sjis windows-31j x-sjis',
  'euc-kr': 'cseuckr csksc56011987 euc-kr iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 windows-949',
  'utf-16be': 'unicodefffe utf-16be',
  'utf-16le': 'csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf-16le',
  'x-user-defined': 'x-user-defined',
  hz: 'hz-gb-2312',
  'iso-2022-kr': 'csiso2022kr iso-2022-kr',
}

describe('encodingOf', () => {
  test.each(Object.entries(labels).flatMap(([name, all]) => all.split(' ').map(label => [label, name])))('%s is %s', (label, name) => {
    expect(encodingOf(label)).toBe(name)
    expect(encodingOf(` "${label.toUpperCase()}" `)).toBe(name)
  })
  test.each([
    ['UTF8', 'utf-8'],
    ['utf_8', 'utf-8'],
    ['charset=utf-8', 'utf-8'],
    ['win-1251', 'windows-1251'],
    ['windows1251', 'windows-1251'],
    ['ansi-1252', 'windows-1252'],
    ['iso8859_15', 'iso-8859-15'],
    ['8859-2', 'iso-8859-2'],
    ['latin-1', 'windows-1252'],
    ['latin_2', 'iso-8859-2'],
    ['cp932', 'shift_jis'],
    ['cp936', 'gbk'],
    ['cp949', 'euc-kr'],
    ['cp950', 'big5'],
    ['gb2312-80', 'gbk'],
    ['cp50220', 'iso-2022-jp'],
    ['utf-7', 'utf-7'],
  ])('%s is %s, whatever the standard says', (label, name) => expect(encodingOf(label)).toBe(name))
  test.each(['', '  ', 'x-unknown', 'unknown-8bit', 'default', '__proto__', 'constructor', 'iso-8859-99', 'x'.repeat(10_000)])(
    'nobody knows %s',
    label => expect(encodingOf(label)).toBeNull(),
  )
})

const octets = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'))
const utf8 = (text: string) => new TextEncoder().encode(text)

describe('decodeCharset', () => {
  test.each<[string, Uint8Array, string | null, string]>([
    ['a syllable beyond KS X 1001', octets('8c63'), 'ks_c_5601-1987', '똠'],
    ['a character of HKSCS', octets('8740'), 'big5', '䏰'],
    ['GBK called GB 2312', octets('e946'), 'gb2312', '镕'],
    ['a row of NEC in ISO-2022-JP', octets('1b24422d211b2842'), 'iso-2022-jp', '①'],
    ['half-width kana in ISO-2022-JP', octets('1b284931321b2842'), 'iso-2022-jp', 'ｱｲ'],
    ['ISO-2022-JP that says ASCII', octets('1b24422d211b2842'), 'us-ascii', '①'],
    ['ISO-2022-KR', octets('1b2429430e302d0f'), 'iso-2022-kr', '강'],
    ['HZ', utf8('a~{VPND~}b~~'), 'hz-gb-2312', 'a中文b~'],
    ['HZ without its end', utf8('~{VPND\nb'), 'hz', '中文\nb'],
    ['UTF-7', utf8('a+ZeVnLIqe-b+-c'), 'utf-7', 'a日本語b+c'],
    ['half a character at the end', utf8('日本').subarray(0, 5), 'utf-8', '日'],
    ['two characters of UTF-8 called Cyrillic', utf8('äö'), 'windows-1251', 'Г¤Г¶'],
    ['four of them', utf8('äöäö'), 'windows-1251', 'äöäö'],
    ['one called Latin', utf8('ä'), 'iso-8859-1', 'ä'],
    ['UTF-8 called UTF-16', utf8('Grüße'), 'utf-16', 'Grüße'],
    ['UTF-16 with a mark', octets('fffe61006200'), 'utf-16be', 'ab'],
    ['nothing', new Uint8Array(0), 'utf-16', ''],
  ])('%s', (_, input, label, text) => expect(decodeCharset(input, label)).toBe(text))
})
