/**
 * The first start: makes the signing secrets that the configuration asks for with `create: true` and that aren't there. A
 * file appears whole or not at all and never replaces one that is there, so that two starts at once end with one secret.
 */
import { randomBytes } from 'node:crypto'
import { link, mkdir, open, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncFolder } from '../lib/sync-folder.ts'
import type { Config } from './config.ts'
import { kindsWithin } from './keys.ts'
import { codeOf } from './read-secret.ts'

const secretOctets = 32

/** Makes what is missing and may be made. Resolves to the files it made; rejects with the system's error where it can't. */
export async function createFirstStart(config: Config): Promise<readonly string[]> {
  const keys = config.mailboxes.flatMap(mailbox => mailbox.routes.map(route => route.key))
  const secrets = keys
    .flatMap(key => (key === undefined ? [] : kindsWithin(key)))
    .flatMap(key => ('signed' in key ? Object.values(key.signed.secrets) : []))
  const made: string[] = []
  for (const file of new Set(secrets.flatMap(secret => secret.missing ?? []))) {
    if (await createSecretFile(file)) made.push(file)
  }
  return made
}

/** Makes `file` (mode 0600, its folder 0700) with 32 random octets in base64. False where it is there already. */
export async function createSecretFile(file: string): Promise<boolean> {
  const folder = dirname(file)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const draft = `${file}.${randomBytes(6).toString('hex')}.new`
  const handle = await open(draft, 'wx', 0o600)
  try {
    await handle.writeFile(`${randomBytes(secretOctets).toString('base64')}\n`)
    await handle.sync()
    await link(draft, file)
    // A key minted with a secret that a crash takes away would be lost with it.
    await syncFolder(folder)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  } finally {
    await handle.close()
    await unlink(draft)
  }
}
