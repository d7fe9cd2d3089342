/** The question that tests of key verifiers ask, where only the key matters. */
import type { KeyQuery } from '../../src/transaction/ports.ts'

export const queryFor = (key: string, at: number, more: Partial<KeyQuery> = {}): KeyQuery => ({
  mailbox: 'incoming',
  route: 'reply',
  key,
  recipient: `incoming+${key}@incoming.example.com`,
  sender: 'ann@example.net',
  client: '192.0.2.5',
  at,
  ...more,
})
