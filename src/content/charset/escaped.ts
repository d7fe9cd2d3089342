/**
 * Encodings of seven bits that the encoding standard has no decoder for, since a browser must not have one: UTF-7 (RFC 2152), HZ
 * (RFC 1843) and ISO-2022-KR (RFC 1557). Linear; what is malformed is kept as it stands.
 */

const latin1 = (octets: Uint8Array): string => Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('latin1')

/** `+` base64 of UTF-16 `-`; `+-` is a plus sign. */
export const decodeUtf7 = (octets: Uint8Array): string =>
  latin1(octets).replace(/\+([A-Za-z0-9+/]*)-?/g, (whole, base64: string) => {
    if (base64 === '') return whole === '+-' ? '+' : whole
    const units = Buffer.from(base64, 'base64')
    const even = units.subarray(0, units.length & ~1)
    return even.swap16().toString('utf16le').toWellFormed()
  })

/** GB 2312 between `~{` and `~}`, where the eighth bit is missing; `~~` is a tilde, `~` at the end of a line joins lines. */
export const decodeHz = (octets: Uint8Array): string =>
  latin1(octets).replace(/~~|~\r?\n|~\{([^\r\n]*?)(?:~\}|$|(?=[\r\n]))/g, (whole, text: string | undefined) =>
    whole === '~~' ? '~' : text === undefined ? '' : high(text, 'gbk'),
  )

/** KS X 1001 between SO and SI; the designation `ESC $ ) C` says nothing more. */
export const decodeIso2022Kr = (octets: Uint8Array): string =>
  latin1(octets)
    .replaceAll('\x1b$)C', '')
    .replace(/\x0e([^\x0f\r\n]*)(?:\x0f|$|(?=[\r\n]))/g, (_, text: string) => high(text, 'euc-kr'))
    .replaceAll('\x0f', '')

/** The same characters with the eighth bit set are those of an encoding that the standard has. */
function high(text: string, encoding: string): string {
  const octets = Buffer.from(text, 'latin1')
  for (let i = 0; i < octets.length; i++) if (octets[i]! > 32) octets[i]! |= 0x80
  return new TextDecoder(encoding).decode(octets)
}
