/**
 * Keys from a file (syntax: key-table.ts), looked up as they stand, case and all. A changed file is read and swapped in as
 * a whole, within about two seconds. A file that goes bad or away never takes a good key with it: the last good table
 * answers, and the log says so.
 */
import { open } from 'node:fs/promises'
import { stateOfHandle, watchFile } from '../lib/watch.ts'
import type { KeyCheck, KeyQuery, KeyVerifier, Log } from '../transaction/ports.ts'
import { type KeyEntry, KeyFileError, type KeyTable, keyTableReader } from './key-table.ts'

export interface FileKeysOptions {
  readonly path: string
  readonly log: Log
  /** Milliseconds between two looks at the file; 1,000 unless told. */
  readonly interval?: number
}

/**
 * Resolves once the file is read. Rejects with KeyFileError for a bad line, or the error of the system where the file
 * can't be read. A file that isn't there yet is awaited: until it comes every answer is `unavailable`.
 */
export async function fileKeys({ path, log, interval = 1000 }: FileKeysOptions): Promise<KeyVerifier> {
  let complaint = ''
  function complain(what: string, error: unknown): void {
    const text = `${what}: ${messageOf(error)}`
    if (text !== complaint) log.error({ file: path }, text)
    complaint = text
  }
  function loadedNow(loaded: Loaded): Loaded {
    complaint = ''
    log.info({ file: path, keys: loaded.table.size }, 'key file loaded')
    return loaded
  }

  let current = await load(path).then(loadedNow, (error: unknown) => {
    if (!isMissing(error)) throw error
    complain('no key can be checked before this file comes', error)
    return null
  })

  async function changed(): Promise<boolean> {
    try {
      const loaded = await load(path)
      if (loaded.whole) current = loadedNow(loaded)
      return loaded.whole
    } catch (error) {
      if (!(error instanceof KeyFileError)) throw error
      complain('the keys stay as they were', error)
      return true
    }
  }
  const failed = (error: unknown): void => complain('the keys stay as they were', error)
  const watch = watchFile({ path, interval, known: current?.state ?? '', changed, failed })
  const never: KeyCheck = { kind: 'unavailable', cause: `${path} was never loaded` }
  return { verify: query => (current === null ? never : check(current.table, query)), close: () => watch.close() }
}

const unknown: KeyCheck = Object.freeze({ kind: 'unknown' })
const revoked: KeyCheck = Object.freeze({ kind: 'revoked' })
const valid: KeyCheck = Object.freeze({ kind: 'valid', claims: Object.freeze({}) })

function check(table: KeyTable, { key, at }: KeyQuery): KeyCheck {
  const entry = table.get(key)
  if (entry === undefined) return unknown
  return entry === null ? valid : judge(entry, at)
}

function judge(entry: KeyEntry, at: number): KeyCheck {
  if (entry.revoked) return revoked
  if (entry.expires !== null && at >= entry.expires) return { kind: 'expired', expired: entry.expires }
  const subject = entry.subject === null ? {} : { subject: entry.subject }
  return { kind: 'valid', claims: entry.expires === null ? subject : { ...subject, expires: entry.expires } }
}

/** `whole`: nobody wrote to the file while it was read. */
interface Loaded {
  readonly table: KeyTable
  readonly state: string
  readonly whole: boolean
}

const blockOctets = 256 * 1024

async function load(path: string): Promise<Loaded> {
  const file = await open(path)
  try {
    const state = await stateOfHandle(file)
    const reader = keyTableReader(path)
    const block = Buffer.allocUnsafeSlow(blockOctets)
    for (;;) {
      // One block at a time: between two of them the server answers.
      const { bytesRead } = await file.read(block, 0, blockOctets)
      if (bytesRead === 0) break
      reader.write(block.subarray(0, bytesRead))
    }
    const table = reader.end()
    return { table, state, whole: state === (await stateOfHandle(file)) }
  } finally {
    await file.close()
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT'
