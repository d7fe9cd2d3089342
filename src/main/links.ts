/** Links to messages and attachments: where they point, and the secret that signs them, made in the spool's folder on the first start. */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Config } from '../config/config.ts'
import { createSecretFile } from '../config/first-start.ts'
import type { Links } from '../lib/attachment-link.ts'

const fileName = 'link-secret'
const leastOctets = 32

/** null where the configuration has no links. Rejects where the secret can't be made or read. */
export async function openLinks({ links, spool }: Config): Promise<Links | null> {
  if (links === undefined) return null
  const file = path.join(spool.sqlite.directory, fileName)
  await createSecretFile(file)
  const secret = Buffer.from(await readFile(file, 'utf8'), 'base64')
  if (secret.length < leastOctets)
    throw new Error(`${file} is no secret of ${leastOctets} octets in base64: remove it, and another one is made`)
  return { ...links, secret }
}
