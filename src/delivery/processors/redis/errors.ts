/**
 * What Redis's errors mean for a delivery: one table, error code to what a person should know of it. Pure. Every error is a
 * retry: each is a server's state or an operator's mistake, none says that this message can't be taken, and nobody loses mail
 * to one. docs/redis-stream.md shows the same table, and a test compares them.
 */
import { errorCode } from '../../../lib/redis/state-log.ts'
import type { Outcome } from '../../../transaction/ports.ts'
import { oneLine } from '../../outcome.ts'

export interface ErrorRow {
  readonly code: string
  readonly says: string
  /** The connection stays good: the server answers, and will go on answering others. */
  readonly keeps: boolean
}

const stays = (code: string, says: string): ErrorRow => ({ code, says, keeps: true })
/** Another connection may lead to a server that is better off. */
const falls = (code: string, says: string): ErrorRow => ({ code, says, keeps: false })

export const errorRows: readonly ErrorRow[] = [
  stays('OOM', 'Redis is out of memory (maxmemory): give it more, or a smaller max-length'),
  stays('WRONGTYPE', 'the key holds something else than this processor writes: configure another name'),
  stays('NOPERM', 'the Redis user may not do this: see the page on this processor for what it needs'),
  stays('MISCONF', 'Redis can’t write to its disk'),
  stays('NOREPLICAS', 'too few replicas are connected (min-replicas-to-write)'),
  stays('BUSY', 'Redis is busy with somebody’s script'),
  stays('MOVED', 'the server is a node of a cluster that doesn’t hold this key: a cluster is not supported'),
  stays('CLUSTERDOWN', 'the cluster is down: a cluster is not supported'),
  falls('READONLY', 'the server is a read-only replica: configure the master, or Sentinel'),
  falls('LOADING', 'Redis is loading its data'),
  falls('MASTERDOWN', 'the server is a replica that has lost its master'),
  falls('NOAUTH', 'Redis wants a password'),
  falls('WRONGPASS', 'Redis doesn’t accept this user name and password'),
]

const rowOf = (code: string): ErrorRow | undefined => errorRows.find(row => row.code === code)

export const keepsConnection = (code: string): boolean => rowOf(code)?.keeps ?? false

/** `cause`: what Redis said, or why there is no connection, with the server's name before it or not. Never throws. */
export function outcomeOfCause(cause: string): Outcome {
  const row = rowOf(errorCode(cause)) ?? rowOf(/: ([A-Z]{3,}) /.exec(cause)?.[1] ?? '')
  const detail = row === undefined ? `Redis gave no answer: ${cause}` : `${row.says} (${cause})`
  return { kind: 'retry', detail: oneLine(detail) }
}
