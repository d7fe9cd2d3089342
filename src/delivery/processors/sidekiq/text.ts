/**
 * A whole message as text, for JSON: a job's argument can't hold octets. UTF-8 stays as it is; else the whole is read by the charset
 * that the message names first, and what that can't be by windows-1252, where every octet means something. Pure; never throws.
 */
import { isUtf8 } from 'node:buffer'

/** Of the first 64 KiB: the header of a message, and of its first parts. */
const searched = 65_536
const charset = /\bcharset\s*=\s*"?([A-Za-z0-9][A-Za-z0-9_.:+-]{0,40})/i

export function messageText(raw: Buffer): string {
  if (isUtf8(raw)) return raw.toString('utf8')
  const named = charset.exec(raw.toString('latin1', 0, searched))?.[1] ?? ''
  return decoded(raw, named) ?? new TextDecoder('windows-1252').decode(raw)
}

/** null: the charset is unknown, or the octets are not of it. A whole message is never UTF-16, whatever one of its parts is. */
function decoded(raw: Buffer, name: string): string | null {
  try {
    const decoder = new TextDecoder(name, { fatal: true, ignoreBOM: true })
    return decoder.encoding.startsWith('utf-16') ? null : decoder.decode(raw)
  } catch {
    return null
  }
}
