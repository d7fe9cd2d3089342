/** What a program writes, in bounded memory: its first and its last 4 KiB, with a note on what is left out between them. */

export const keptOctets = 4 * 1024

export interface Capture {
  add(chunk: Uint8Array): void
  /** As text, without control characters but line feeds and tabs; octets that are no UTF-8 become U+FFFD. */
  text(): string
}

export function capture(): Capture {
  let head = Buffer.alloc(0)
  let tail = Buffer.alloc(0)
  let dropped = 0
  return {
    add(chunk) {
      const room = keptOctets - head.length
      if (room > 0) head = Buffer.concat([head, chunk.subarray(0, room)])
      const rest = chunk.subarray(Math.max(0, room))
      if (rest.length === 0) return
      const joined = Buffer.concat([tail, rest.subarray(-keptOctets)])
      dropped += tail.length + rest.length - Math.min(joined.length, keptOctets)
      tail = joined.subarray(-keptOctets)
    },
    text: () =>
      plain(dropped === 0 ? Buffer.concat([head, tail]).toString() : `${head.toString()}\n[${dropped} octets]\n${tail.toString()}`),
  }
}

const plain = (text: string): string => text.replace(/[^\P{Cc}\n\t]/gu, '')
