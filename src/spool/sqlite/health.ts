/**
 * Whether the spool can keep a message now. What says no: less free space than the minimum, a last write that failed, a
 * writer thread that is down, and a database file that is not the one we write to: SQLite goes on writing to a file that was
 * removed, and what is in there is lost. All is looked at every second; after a failed write the writer is asked to try
 * again each second until it succeeds. The log hears of each change.
 */
import { stat, statfs } from 'node:fs/promises'
import { type Log, SpoolUnavailable } from '../../transaction/ports.ts'
import { databasePath } from './writer/database.ts'

export interface Health {
  free(): number
  /** Why nothing can be kept; null where all is well. */
  trouble(): SpoolUnavailable | null
  wrote(): void
  failed(error: SpoolUnavailable): void
  look(): Promise<void>
}

export interface HealthOptions {
  readonly directory: string
  readonly minimumFree: number
  readonly log: Log
}

const mebibytes = (octets: number): string => `${Math.floor(octets / 1_048_576)} MiB`

/** Which file stands under the name; null where none does. */
const fileAt = (path: string): Promise<string | null> =>
  stat(path, { bigint: true }).then(
    ({ dev, ino }) => `${dev} ${ino}`,
    () => null,
  )

/** The first `look` comes when the database is open. */
export function makeHealth({ directory, minimumFree, log }: HealthOptions): Health {
  const database = databasePath(directory)
  let free = Number.POSITIVE_INFINITY
  let failure: SpoolUnavailable | null = null
  let unseen: SpoolUnavailable | null = null
  let ours: string | null = null
  let told = false

  const trouble = (): SpoolUnavailable | null => {
    if (unseen !== null || failure !== null) return unseen ?? failure
    if (free >= minimumFree) return null
    return new SpoolUnavailable(`${mebibytes(free)} free on the disk of ${directory}, the minimum is ${mebibytes(minimumFree)}`, true)
  }
  const tell = (): void => {
    const now = trouble()
    if ((now !== null) === told) return
    told = now !== null
    if (now === null) log.info({}, 'spool: mail is kept again')
    else log.error({ err: now, full: now.full }, 'spool: nothing can be kept now')
  }
  const see = async (): Promise<SpoolUnavailable | null> => {
    const found = await fileAt(database)
    ours ??= found
    if (found === null || found !== ours)
      return new SpoolUnavailable(`${database} was ${found === null ? 'removed' : 'replaced'} while in use: put it back, or restart`, false)
    try {
      const { bavail, bsize } = await statfs(directory)
      free = bavail * bsize
      return null
    } catch (error) {
      return new SpoolUnavailable(`can't look at the disk of ${directory}`, false, error)
    }
  }
  return {
    free: () => free,
    trouble,
    wrote: () => {
      failure = null
      tell()
    },
    failed: error => {
      failure = error
      tell()
    },
    look: async () => {
      unseen = await see()
      tell()
    },
  }
}
