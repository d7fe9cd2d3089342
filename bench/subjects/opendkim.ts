/**
 * Postfix into its queue behind OpenDKIM on a UNIX socket: what an operator has today. It verifies DKIM alone, with the public
 * key in a file, so that it asks no DNS at all; a message whose signature doesn't verify is refused, so that a run shows that
 * each one did.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findProgram, needService } from '../../test/support/services.ts'
import { startQueueing } from './postfix.ts'
import type { Place, Subject } from './subject.ts'

export interface PublicKey {
  /** `SELECTOR._domainkey.DOMAIN`. */
  readonly name: string
  /** The record: `v=DKIM1; k=rsa; p=…`. */
  readonly record: string
}

const configuration = (socket: string, keys: string) => `Mode v
Socket local:${socket}
UMask 000
Syslog no
TestPublicKeys ${keys}
InternalHosts 192.0.2.255
On-Default reject
On-NoSignature reject
`

async function startFilter(
  folder: string,
  { name, record }: PublicKey,
): Promise<{ readonly socket: string; readonly filter: ChildProcess }> {
  needService('opendkim')
  const [socket, keys, file] = ['opendkim.sock', 'keys', 'opendkim.conf'].map(one => path.join(folder, one)) as [string, string, string]
  await writeFile(keys, `${name} ${record}\n`)
  await writeFile(file, configuration(socket, keys))
  await chmod(folder, 0o755)
  const filter = spawn(findProgram('opendkim')!, ['-f', '-x', file], { stdio: ['ignore', 'ignore', 'inherit'] })
  process.on('exit', () => filter.kill('SIGKILL'))
  for (let left = 200; left > 0 && !existsSync(socket); left--) {
    if (filter.exitCode !== null) throw new Error('opendkim did not start')
    await sleep(25)
  }
  return { socket, filter }
}

export const startFiltered =
  (key: PublicKey) =>
  async (place: Place): Promise<Subject> => {
    const { socket, filter } = await startFilter(place.folder, key)
    const postfix = await startQueueing(place, { smtpd_milters: `unix:${socket}`, milter_default_action: 'tempfail' })
    return {
      ...postfix,
      processes: () => [...postfix.processes(), filter.pid!],
      async stop() {
        await postfix.stop()
        filter.kill('SIGTERM')
      },
    }
  }
