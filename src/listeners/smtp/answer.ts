/** What the dialog wants said, and what comes after it. Formatting to the wire is here and nowhere else. */
import { formatReply, type Reply } from '../../mail/reply.ts'

export interface Answer {
  /** One or more reply lines, each with its CRLF. */
  readonly text: string
  /** `data`: what follows is the message. `close`: nothing more is read. */
  readonly then: 'command' | 'data' | 'close'
}

export const answer = (reply: Reply, then: Answer['then'] = reply.code === 421 ? 'close' : 'command'): Answer => ({
  text: `${formatReply(reply)}\r\n`,
  then,
})

/** Several replies, one behind the other: LMTP after the data. */
export const answers = (replies: readonly Reply[], then: Answer['then'] = 'command'): Answer => ({
  text: replies.map(reply => `${formatReply(reply)}\r\n`).join(''),
  then,
})

/** One reply of several lines (RFC 5321 4.2.1): all but the last have a hyphen behind the code. */
export const lines = (replies: readonly Reply[]): Answer => ({
  text:
    replies.map((reply, i) => (i < replies.length - 1 ? formatReply(reply).replace(' ', '-') : formatReply(reply))).join('\r\n') + '\r\n',
  then: 'command',
})
