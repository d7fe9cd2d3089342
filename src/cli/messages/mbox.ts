/**
 * The mbox format in its reversible form ("mboxrd"; RFC 4155 names the family): one file, LF line ends, each message after a `From `
 * line and before an empty one, and a `>` before every line that begins with `From ` after any number of `>`.
 */

export interface MboxMessage {
  /** The reverse-path; '' for the null one. */
  readonly sender: string
  readonly received: number
}

/** `raw` is as received; CRLF becomes LF, every other octet stays. */
export function mboxEntry(raw: Uint8Array, { sender, received }: MboxMessage): Uint8Array {
  const lines = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength)
    .toString('latin1')
    .replaceAll('\r\n', '\n')
    .replace(/(^|\n)(>*From )/g, '$1>$2')
  const from = /^[\x21-\x7e]+$/.test(sender) ? sender : 'MAILER-DAEMON'
  return Buffer.from(`From ${from} ${asctime(received)}\n${lines}${lines.endsWith('\n') || lines === '' ? '' : '\n'}\n`, 'latin1')
}

/** `Thu Jan  1 00:00:00 1970`, UTC, as asctime(3) writes it. */
function asctime(at: number): string {
  const [day, date, month, year, clock] = new Date(at).toUTCString().replace(',', '').split(' ')
  return `${day} ${month} ${String(Number(date)).padStart(2)} ${clock} ${year}`
}
