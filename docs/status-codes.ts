/**
 * What the enhanced status codes that we use mean: RFC 3463 section 3 and the registry of RFC 5248, without the class digit.
 * For the generated page of replies; a code that is not listed here is an error, so that none is used unread.
 */
import type { Reply } from '../src/mail/reply.ts'

const meanings: Record<string, string> = {
  '0.0': 'no further detail',
  '1.0': 'about an address, no further detail',
  '1.1': 'there is no such mailbox',
  '1.3': 'the recipient address has a syntax error',
  '1.5': 'the recipient address is valid',
  '1.7': 'the sender address has a syntax error',
  '2.2': 'the mailbox is full',
  '3.0': 'about the mail system, no further detail',
  '3.1': 'the mail system is full',
  '3.2': 'the system accepts no mail now',
  '3.4': 'the message is too big',
  '4.2': 'the connection is bad',
  '4.3': 'a directory that is needed gave no answer',
  '4.6': 'a routing loop',
  '5.0': 'about the protocol, no further detail',
  '5.1': 'the command is not valid here',
  '5.2': 'a syntax error',
  '5.3': 'too many recipients',
  '5.4': 'the parameters of the command are not valid',
  '6.0': 'about the message, no further detail',
  '6.7': 'an address outside ASCII needs SMTPUTF8 (RFC 6531)',
  '6.11': 'characters that a message must not have (not registered; in use)',
  '7.0': 'refused for safety, no further detail',
  '7.1': 'not allowed',
}

/** In words; empty for a reply that has no enhanced status code. Throws for a code that is not listed. */
export function meaningOf(reply: Reply): string {
  if (reply.status === null) return ''
  const meaning = meanings[reply.status.slice(2)]
  if (meaning === undefined) throw new Error(`docs/status-codes.ts has no meaning for ${reply.status} ('${reply.text}')`)
  return meaning
}
