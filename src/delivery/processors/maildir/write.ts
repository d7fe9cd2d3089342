/**
 * A message into a Maildir: written and flushed under tmp, linked into new, the folder flushed. A reader sees all of it or nothing,
 * and a crash at any point leaves at most a file in tmp, which is cleared away later.
 */
import { randomBytes } from 'node:crypto'
import { link, mkdir, open, readdir, rename, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { syncFolder } from '../../../lib/sync-folder.ts'
import { isMessage } from './name.ts'

const folders = ['tmp', 'new', 'cur'] as const

/** Made with mode 0700 where it isn't there; the folder that holds it must be. */
export async function makeMaildir(directory: string): Promise<void> {
  let made = false
  for (const folder of [directory, ...folders.map(name => join(directory, name))]) {
    try {
      await mkdir(folder, { mode: 0o700 })
      made = true
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
    }
  }
  if (!made) return
  await syncFolder(directory)
  await syncFolder(dirname(directory))
}

/** Whether a mail with this id is there, new or looked at. Reads both folders: for second attempts. */
export async function isThere(directory: string, idempotencyId: string): Promise<boolean> {
  // In this order a mail that a reader moves meanwhile is seen at least once.
  for (const folder of ['new', 'cur']) {
    const files = await readdir(join(directory, folder))
    if (files.some(file => isMessage(file, idempotencyId))) return true
  }
  return false
}

export interface Target {
  readonly directory: string
  readonly name: string
  /** After it has fired nothing appears in new any more. */
  readonly signal: AbortSignal
}

/** False where a file of this name is there already. Rejects, with nothing of it left in new, where it can't be kept. */
export async function writeMessage({ directory, name, signal }: Target, octets: AsyncIterable<Uint8Array>): Promise<boolean> {
  const draft = join(directory, 'tmp', `${name}.${process.pid}_${randomBytes(6).toString('hex')}`)
  const file = await open(draft, 'wx', 0o600)
  try {
    await file.writeFile(octets)
    await file.sync()
    await file.close()
    signal.throwIfAborted()
    return await publish(draft, join(directory, 'new', name))
  } finally {
    await file.close().catch(() => {})
    await unlink(draft).catch(() => {})
  }
}

async function publish(draft: string, target: string): Promise<boolean> {
  try {
    await link(draft, target)
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    if (!withoutLinks.has(codeOf(error))) throw error
    // Another file of this name could only be the same mail.
    await rename(draft, target)
  }
  try {
    await syncFolder(dirname(target))
    return true
  } catch (error) {
    await unlink(target).catch(() => {})
    throw error
  }
}

/** What file systems say that have no hard links. */
const withoutLinks: ReadonlySet<unknown> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])

export const codeOf = (error: unknown): unknown => (typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined)
