/**
 * Postfix as a peer: the shipped configuration with its limits off. For accepting, its queue manager runs as it always does
 * and defers each message, so that no delivery takes part; for refusing it looks recipients up in a hash map.
 */
import { execFile } from 'node:child_process'
import { readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { freePort } from '../../test/support/ports.ts'
import { startPostfix } from '../../test/support/postfix.ts'
import { findProgram, needService } from '../../test/support/services.ts'
import type { Place, Subject } from './subject.ts'

/** Limits off, for measuring; nothing else is changed by it than who is slowed down or cut off, and who decides. */
export const unlimited = {
  in_flow_delay: '0s',
  // Notices to the postmaster would be messages of its own in the queue.
  notify_classes: '',
  default_process_limit: '300',
  smtpd_client_connection_count_limit: '0',
  smtpd_client_recipient_rate_limit: '0',
  smtpd_error_sleep_time: '0s',
  smtpd_soft_error_limit: '1000000000',
  smtpd_hard_error_limit: '1000000000',
  smtpd_junk_command_limit: '1000000000',
  smtpd_recipient_limit: '1000000000',
  smtpd_recipient_overshoot_limit: '1000000000',
  smtpd_recipient_restrictions: 'reject_unauth_destination',
  // Daemons see only what is named here.
  import_environment: 'MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG TZ LANG=C POSTLOG_SERVICE POSTLOG_HOSTNAME LD_PRELOAD',
}
const recipient = 'incoming+good@incoming.example.com'

async function start({ folder, environment }: Place, settings: Readonly<Record<string, string>>): Promise<Subject> {
  const [smtpPort, lmtpPort] = [await freePort(), 9]
  const postfix = await startPostfix({ folder, smtpPort, lmtpPort, environment, settings: { ...unlimited, ...settings } })
  return { port: smtpPort, protocol: 'smtp', recipient, processes: postfix.processes, stop: postfix.stop }
}

export async function startQueueing(place: Place, settings: Readonly<Record<string, string>> = {}): Promise<Subject> {
  const subject = await start(place, { defer_transports: 'lmtp', ...settings })
  const queues = ['incoming', 'active', 'deferred'].map(name => path.join(place.folder, 'queue', name))
  const count = async (queue: string): Promise<number> =>
    (await readdir(queue, { recursive: true, withFileTypes: true })).filter(entry => entry.isFile()).length
  return {
    ...subject,
    addsOwn: true,
    stored: async () => (await Promise.all(queues.map(count))).reduce((sum, messages) => sum + messages, 0),
  }
}

export async function startHashMap(place: Place): Promise<Subject> {
  needService('postfix')
  const table = path.join(place.folder, 'recipients')
  await writeFile(table, `${recipient} OK\n`)
  await promisify(execFile)(findProgram('postmap')!, [`hash:${table}`])
  return start(place, { relay_recipient_maps: `hash:${table}` })
}
