/**
 * Opens the desk of a configuration: the first HTTP listener that answers, else the spool. It must not make one: an empty spool in
 * the wrong folder would say that there is no mail.
 */
import { access } from 'node:fs/promises'
import type { Config } from '../../config/config.ts'
import { createLog } from '../../observe/log.ts'
import { openSpool } from '../../spool/sqlite/spool.ts'
import { Failure } from '../failure.ts'
import { reachable } from '../page.ts'
import type { MessagesDesk } from './desk.ts'
import { localDesk } from './local.ts'
import { remoteDesk } from './remote.ts'

export async function openDesk(config: Config): Promise<MessagesDesk> {
  for (const { at, token } of config.listeners.http) {
    const desk = await remoteDesk({ at: 'port' in at ? reachable(at) : { path: at.path }, token: token?.reveal() ?? null })
    if (desk !== null) return desk
  }
  const { log } = createLog({ level: 'warn', pretty: false, destination: 2 })
  const { directory, 'minimum-free': minimumFree } = config.spool.sqlite
  const asked = config.listeners.http.length === 0 ? 'has no listeners.http to ask the server by' : 'names no listeners.http that answers'
  const none = await access(directory).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
  )
  if (none)
    throw new Failure(`The configuration ${asked}, and there is no spool in ${directory}: relative to which folder does the server run?`)
  const spool = await openSpool({ directory, minimumFree, retention: config.retention, clock: Date.now, log }).catch((error: Error) => {
    throw new Failure(`The configuration ${asked}, and the spool can’t be opened: ${error.message}`)
  })
  return localDesk(spool, directory, log)
}
