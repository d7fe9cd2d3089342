/**
 * The way it is done today, as a peer: Dovecot takes the mail by LMTP into a Maildir, mail_room waits for it by IMAP IDLE and hands
 * it to the application by POST, or to Sidekiq. Debian's packages with their defaults, but that mail is deleted once it was handed
 * over: left to pile up mail_room stalls.
 */
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePorts } from '../../test/support/ports.ts'
import { findProgram, needService } from '../../test/support/services.ts'
import { startProcess } from '../lib/process.ts'
import type { Place } from './subject.ts'

export interface MailRoom {
  /** Where Dovecot takes mail by LMTP. */
  readonly lmtpPort: number
  stop(): Promise<void>
}

/** Where mail_room puts the mail: an URL that it POSTs to, or a Redis whose queue it pushes jobs to. */
export type Target = { readonly post: string } | { readonly sidekiq: string }

const dovecot = (folder: string, lmtp: number, imap: number) => `protocols = imap lmtp
base_dir = ${folder}/run
log_path = ${folder}/dovecot.log
ssl = no
disable_plaintext_auth = no
listen = 127.0.0.1
mail_location = maildir:${folder}/mail
first_valid_uid = 1
first_valid_gid = 1
passdb {
  driver = static
  args = password=box
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=${folder}/mail allow_all_users=yes
}
service lmtp {
  inet_listener lmtp {
    port = ${lmtp}
  }
}
service imap-login {
  inet_listener imap {
    port = ${imap}
  }
  inet_listener imaps {
    port = 0
  }
}
`

const mailRoom = (folder: string, imap: number, target: Target) => {
  const delivery =
    'post' in target
      ? `:delivery_method: postback\n    :delivery_options:\n      :delivery_url: ${target.post}\n      :content_type: text/plain`
      : `:delivery_method: sidekiq\n    :delivery_options:\n      :redis_url: ${target.sidekiq}\n      :worker: EmailReceiverWorker\n      :queue: default`
  return `:mailboxes:
  - :email: box
    :password: box
    :host: 127.0.0.1
    :port: ${imap}
    :ssl: false
    :name: INBOX
    :delete_after_delivery: true
    :expunge_deleted: true
    :logger:
      :log_path: ${folder}/mail-room.log
    ${delivery}
`
}

/** An address that it takes. */
export const forMailRoom = 'incoming+good@incoming.example.com'

export async function startMailRoom({ folder, environment }: Place, target: Target): Promise<MailRoom> {
  for (const service of ['dovecot', 'mail_room'] as const) needService(service)
  const [lmtpPort, imapPort] = await freePorts(2)
  await mkdir(path.join(folder, 'mail'), { mode: 0o777 })
  await mkdir(path.join(folder, 'run'))
  await chmod(path.join(folder, 'mail'), 0o777)
  const configuration = path.join(folder, 'dovecot.conf')
  await writeFile(configuration, dovecot(folder, lmtpPort!, imapPort!))
  const server = await startProcess({
    program: findProgram('dovecot')!,
    args: ['-F', '-c', configuration],
    folder,
    environment,
    port: lmtpPort!,
  })
  const file = path.join(folder, 'mail_room.yml')
  await writeFile(file, mailRoom(folder, imapPort!, target))
  const fetching = await startProcess({ program: findProgram('mail_room')!, args: ['-c', file], folder, environment, port: imapPort! })
  // Time to log in and to begin to wait.
  await sleep(3_000)
  return {
    lmtpPort: lmtpPort!,
    async stop() {
      await fetching.stop()
      await server.stop()
    },
  }
}
