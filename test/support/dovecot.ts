/** A private Dovecot that serves one Maildir by IMAP on loopback, and just enough of an IMAP client (RFC 3501) to read it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import net from 'node:net'
import { join } from 'node:path'
import { freePort, waitForPort } from './ports.ts'
import { findProgram } from './services.ts'

export interface Dovecot {
  readonly port: number
  stop(): Promise<void>
}

/** `owner`: whose files they are; Dovecot serves nothing of root's. `folder` is for its own files. */
export async function startDovecot(folder: string, maildir: string, owner: number): Promise<Dovecot> {
  const port = await freePort()
  const base = join(folder, 'dovecot')
  await mkdir(base, { recursive: true })
  await chmod(folder, 0o755)
  const conf = join(base, 'dovecot.conf')
  await writeFile(
    conf,
    `base_dir = ${base}/run
state_dir = ${base}/state
log_path = ${base}/log
protocols = imap
ssl = no
disable_plaintext_auth = no
first_valid_uid = 1
mail_location = maildir:${maildir}:INDEX=MEMORY
passdb {
  driver = static
  args = nopassword=y
}
userdb {
  driver = static
  args = uid=${owner} gid=${owner} home=${base}
}
service imap-login {
  chroot =
  inet_listener imap {
    address = 127.0.0.1
    port = ${port}
  }
  inet_listener imaps {
    port = 0
  }
}
`,
  )
  const child: ChildProcess = spawn(findProgram('dovecot')!, ['-F', '-c', conf], { stdio: 'ignore' })
  await waitForPort(port, 30_000, () => child.exitCode === null)
  return {
    port,
    async stop() {
      if (child.exitCode !== null) return
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}

/** All messages of the inbox, octet for octet, in their order. */
export async function fetchAll(port: number): Promise<readonly Buffer[]> {
  const socket = net.connect(port, '127.0.0.1')
  // A server that says nothing more is an error, not a wait for ever.
  socket.setTimeout(20_000, () => socket.destroy())
  socket.on('error', () => {})
  let got = Buffer.alloc(0)
  let wake = (): void => {}
  socket.on('data', chunk => {
    got = Buffer.concat([got, chunk])
    wake()
  })
  let closed = false
  socket.on('close', () => {
    closed = true
    wake()
  })
  const until = async (end: RegExp): Promise<Buffer> => {
    while (!end.test(got.subarray(-4_096).toString('latin1'))) {
      if (closed) throw new Error(`the connection was closed: ${got.subarray(-200).toString('latin1')}`)
      await new Promise<void>(resolve => {
        wake = resolve
      })
    }
    const all = got
    got = Buffer.alloc(0)
    return all
  }
  await until(/OK .*\r\n$/)
  for (const [tag, line] of [
    ['a', 'LOGIN somebody anything'],
    ['b', 'SELECT INBOX'],
  ] as const) {
    socket.write(`${tag} ${line}\r\n`)
    await until(new RegExp(`^${tag} OK .*\r\n$`, 'm'))
  }
  socket.write('c FETCH 1:* BODY.PEEK[]\r\n')
  const answer = await until(/^c (?:OK|BAD|NO) .*\r\n$/m)
  socket.end('d LOGOUT\r\n')
  return literals(answer)
}

/** RFC 3501 4.3: {count} CRLF, then so many octets. */
function literals(answer: Buffer): readonly Buffer[] {
  const found: Buffer[] = []
  for (let at = 0; ; ) {
    const head = answer.indexOf('BODY[] {', at, 'latin1')
    if (head < 0) return found
    const from = answer.indexOf('}\r\n', head, 'latin1') + 3
    const size = Number(answer.subarray(head + 'BODY[] {'.length, from - 3).toString('latin1'))
    found.push(answer.subarray(from, from + size))
    at = from + size
  }
}
