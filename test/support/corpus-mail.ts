/** The plain message that every recipe of the corpus begins with, and what happens to messages on their way. */

export interface Plain {
  readonly from?: string | null
  readonly to?: string
  readonly subject?: string
  /** Whole lines without line ends, after the usual fields. */
  readonly more?: readonly string[]
  readonly body?: string
}

export const recipient = 'incoming+key@incoming.example.com'
const text = 'It works again since this morning.\r\n\r\nThank you.\r\n'

export function mail({
  from = 'author@author.example',
  to = recipient,
  subject = 'Re: Ticket 42',
  more = [],
  body = text,
}: Plain = {}): string {
  const fields = [
    ...(from === null ? [] : [`From: ${from}`]),
    `To: ${to}`,
    `Subject: ${subject}`,
    'Date: Sun, 01 Mar 2026 12:00:00 +0000',
    'Message-ID: <1@author.example>',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    ...more,
  ]
  return `${fields.join('\r\n')}\r\n\r\n${body}`
}

/** With these lines before all others. */
export const before = (message: string, ...lines: readonly string[]): string => `${lines.join('\r\n')}\r\n${message}`

export const withFooter = (message: string, footer = '_______________________________________________\r\nList mailing list\r\n'): string =>
  `${message}${footer}`

/** As lists and gateways do: a word before the subject. */
export const withTag = (message: string, tag = '[list]'): string => message.replace(/^Subject: /m, `Subject: ${tag} `)

export const received = (from: string, by: string): string => `Received: from ${from} by ${by} with ESMTPS; Sun, 1 Mar 2026 12:00:05 +0000`
