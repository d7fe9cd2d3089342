/** `postern messages list`: a row a delivery, newest first. Notices are marked as such. */
import type { MessageFilter, MessageRow } from '../../transaction/desk.ts'
import type { Commands } from './commands.ts'
import { gathered, type MessagesDesk, rows } from './desk.ts'
import { plain, json as printed, table, time } from './plain.ts'

export interface ListOrder {
  readonly filter: MessageFilter
  readonly limit: number
  readonly json: boolean
}

/** Gives the exit status: 1 where nothing fits. */
export async function list(desk: MessagesDesk, { filter, limit, json }: ListOrder, { print, warn }: Commands): Promise<number> {
  const found = await gathered(rows(desk, filter, limit))
  if (json) print(printed({ messages: found }))
  else if (found.length > 0)
    print(table([['STATE', 'RECEIVED (UTC)', 'MAILBOX/ROUTE', 'RECIPIENT', 'SENDER', 'ID', 'SUBJECT'], ...found.map(line)]))
  if (found.length === 0 && !json) warn('No message fits.')
  if (found.length === limit && !json) warn(`The first ${limit}; --limit shows more.`)
  return found.length === 0 ? 1 : 0
}

const line = (row: MessageRow): readonly string[] => [
  row.state,
  time(row.received),
  plain(`${row.mailbox}/${row.route}`, 40),
  plain(row.recipient, 60),
  row.about === undefined || row.about === null ? plain(row.sender === '' ? '<>' : row.sender, 40) : '(notice)',
  plain(row.id, 100),
  plain(row.about === undefined || row.about === null ? row.subject : `about ${row.about.recipient}: ${row.about.reason}`, 80),
]
