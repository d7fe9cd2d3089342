/**
 * Makes the file of a signing secret: base64 of 32 random octets and a line feed, readable by its owner alone.
 * Never overwrites: an existing secret is what the keys in people's mailboxes depend on.
 */
import { randomBytes } from 'node:crypto'
import { mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncFolder } from '../lib/sync-folder.ts'

const secretOctets = 32

/** The octets of the new secret, on disk when it resolves. Rejects with EEXIST where there is such a file already. */
export async function createSecretFile(path: string): Promise<Uint8Array> {
  const secret = randomBytes(secretOctets)
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const file = await open(path, 'wx', 0o600)
  try {
    // The mode given to open is cut by the umask, never widened; chmod makes it the same everywhere.
    await file.chmod(0o600)
    await file.writeFile(`${secret.toString('base64')}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  await syncFolder(dirname(path))
  return secret
}
