/**
 * The secrets that this application shares with Postern, as files of one folder: made on the first start, never changed
 * afterwards. Postern reads the same files. In production an operator makes them, or a secret store.
 */
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Secrets {
  /** Signs reply addresses: 32 octets (docs/signed-keys.md). */
  readonly signing: Uint8Array
  /** Signs Postern's calls: whsec_ and base64 (docs/webhook.md). */
  readonly webhook: string
}

export function openSecrets(folder: string): Secrets {
  const random = () => randomBytes(32).toString('base64')
  const signing = readOrMake(join(folder, 'signing'), random)
  const webhook = readOrMake(join(folder, 'webhook'), () => `whsec_${random()}`)
  // For Postern's web page and API, which ask for a token where they can be reached from elsewhere.
  readOrMake(join(folder, 'token'), () => randomBytes(24).toString('base64url'))
  return { signing: Buffer.from(signing, 'base64'), webhook }
}

function readOrMake(file: string, make: () => string): string {
  try {
    writeFileSync(file, `${make()}\n`, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  return readFileSync(file, 'utf8').trim()
}
