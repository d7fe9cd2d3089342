/**
 * Whether the spool can keep a message now. Three things say no: less free space than the minimum, a last write that failed,
 * and a writer thread that is down. Free space is looked at every second; after a failed write the writer is asked to try
 * again each second until it succeeds.
 */
import { statfs } from 'node:fs/promises'
import { SpoolUnavailable } from '../../transaction/ports.ts'

export interface Health {
  free(): number
  /** Why nothing can be kept; null where all is well. */
  trouble(): SpoolUnavailable | null
  wrote(): void
  failed(error: SpoolUnavailable): void
  look(): Promise<void>
}

const mebibytes = (octets: number): string => `${Math.floor(octets / 1_048_576)} MiB`

export function makeHealth(directory: string, minimumFree: number): Health {
  let free = Number.POSITIVE_INFINITY
  let failure: SpoolUnavailable | null = null
  return {
    free: () => free,
    trouble: () => {
      if (failure !== null) return failure
      if (free >= minimumFree) return null
      return new SpoolUnavailable(`${mebibytes(free)} free on the disk of ${directory}, the minimum is ${mebibytes(minimumFree)}`, true)
    },
    wrote: () => {
      failure = null
    },
    failed: error => {
      failure = error
    },
    look: async () => {
      try {
        const { bavail, bsize } = await statfs(directory)
        free = bavail * bsize
      } catch (error) {
        free = 0
        failure = new SpoolUnavailable(`can't look at the disk of ${directory}`, false, error)
      }
    },
  }
}
