/** What the dialog wants said, and what comes after it. Formatting to the wire is here and nowhere else. */
import { formatReply, type Reply } from '../../mail/reply.ts'

export interface Answer {
  /** One or more reply lines, each with its CRLF. */
  readonly text: string
  /** `data`: what follows is the message. `tls`: the handshake. `close`: nothing more is read. */
  readonly next: 'command' | 'data' | 'tls' | 'close'
}

export const answer = (reply: Reply, next: Answer['next'] = reply.code === 421 ? 'close' : 'command'): Answer => ({
  text: `${formatReply(reply)}\r\n`,
  next,
})

/** Several replies, one behind the other: LMTP after the data. */
export const answers = (replies: readonly Reply[], next: Answer['next'] = 'command'): Answer => ({
  text: replies.map(reply => `${formatReply(reply)}\r\n`).join(''),
  next,
})

/** One reply of several lines (RFC 5321 4.2.1): all but the last have a hyphen behind the code. */
export function lines(replies: readonly Reply[]): Answer {
  const line = (reply: Reply, i: number) => (i < replies.length - 1 ? formatReply(reply).replace(' ', '-') : formatReply(reply))
  return { text: `${replies.map(line).join('\r\n')}\r\n`, next: 'command' }
}
