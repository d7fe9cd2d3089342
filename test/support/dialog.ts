/**
 * Plays recorded dialogs (test/dialogs/*.txt) against a real listener on loopback.
 *   `@ name value`  how the listener is set up, before the first line (listener, trusted, peer, errors …)
 *   `C: text`       a line from the client, CRLF added; consecutive ones are sent in one piece (PIPELINING)
 *   `R: "…"`        raw octets as a JSON string, sent as they are
 *   `T: start`      the client's half of the TLS handshake; `T: failed` where it must not come about
 *   `S: text`       a line expected from the server; {id} stands for a transaction id
 *   `S: (closed)`   the server closes the connection
 *   `= key value`   afterwards: `= kept N` messages in the spool, `= body N "…"` the raw octets of the Nth, `= client N …` the
 *                   address of its client, `= protocol N …` what the Received field will say
 */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as tlsConnect } from 'node:tls'
import type { Place } from '../../src/listeners/bind.ts'
import { type Listener, openListener } from '../../src/listeners/smtp/listener.ts'
import { createGuard } from '../../src/transaction/guard.ts'
import type { Site } from '../../src/transaction/site.ts'
import { testCertificate } from './certificate.ts'
import { type TestSite, testSite } from './site.ts'

export interface Dialog {
  readonly settings: ReadonlyMap<string, string>
  readonly steps: readonly { readonly kind: 'C' | 'R' | 'S' | 'T' | '='; readonly text: string; readonly line: number }[]
}

export function parseDialog(source: string): Dialog {
  const settings = new Map<string, string>()
  const steps: { kind: 'C' | 'R' | 'S' | 'T' | '='; text: string; line: number }[] = []
  source.split('\n').forEach((text, i) => {
    if (text === '' || text.startsWith('#')) return
    const match = /^(C|R|S|T):(?: (.*))?$|^(=) (.*)$|^@ (\S+) (.*)$/.exec(text)
    if (match === null) throw new Error(`line ${i + 1}: not understood: ${text}`)
    if (match[5] !== undefined) settings.set(match[5], match[6]!)
    else steps.push({ kind: (match[1] ?? match[3]) as 'C', text: match[2] ?? match[4] ?? '', line: i + 1 })
  })
  return { settings, steps }
}

export interface TestListener {
  readonly site: TestSite
  readonly listener: Listener
}

/** `more` takes the place of parts of the test site; `at` of a free port on loopback. */
export async function openTestListener(
  settings: ReadonlyMap<string, string>,
  { more = {}, at = { host: '127.0.0.1', port: 0 } }: { readonly more?: Partial<Site>; readonly at?: Place } = {},
): Promise<TestListener> {
  const number = (name: string, usual: number) => Number(settings.get(name) ?? usual)
  const lmtp = settings.get('listener') === 'lmtp'
  const peer = (settings.get('peer') ?? (lmtp ? 'relay' : 'origin')) as 'relay' | 'origin'
  const site = testSite(more)
  if (settings.has('spool')) site.spool.failing = settings.get('spool') as 'open'
  const guard = createGuard(
    {
      connections: number('connections', 100),
      connectionsPerNetwork: number('connections-per-network', 100),
      unknownRecipients: number('unknown-recipients', 1000),
      errors: number('errors', 1000),
    },
    site.clock,
  )
  const listener = await openListener({
    site: () => site,
    guard,
    lmtp,
    session: { listener: lmtp ? 'lmtp' : 'smtp', peer, replyPerRecipient: lmtp, normalizeLineEndings: peer === 'relay' },
    at,
    tls: settings.has('tls') ? { ...testCertificate(), required: settings.get('tls') === 'required' } : null,
    proxyProtocol: (settings.get('proxy-protocol') ?? '').split(' ').filter(word => word !== ''),
    earlyTalker: number('early-talker', 0),
    trusted: (settings.get('trusted') ?? (lmtp ? '127.0.0.1' : '')).split(' ').filter(word => word !== ''),
    limits: {
      idleTime: number('idle-time', 300_000),
      transactionTime: number('transaction-time', 600_000),
      minimumRate: number('minimum-rate', 0),
      rateGrace: number('rate-grace', 30_000),
    },
  })
  return { site, listener }
}

/** Plays it; throws with the line of the dialog where the server said something else. */
export async function play(dialog: Dialog): Promise<TestSite> {
  const { site, listener } = await openTestListener(dialog.settings)
  let socket: Socket = connect(listener.port!, '127.0.0.1')
  let reader = lineReader(socket)
  try {
    await once(socket, 'connect')
    for (let i = 0; i < dialog.steps.length; i++) {
      const step = dialog.steps[i]!
      if (step.kind === 'S') await expectLine(reader, step)
      else if (step.kind === 'T') {
        socket = await startTls(socket, step)
        reader = lineReader(socket)
      } else if (step.kind === '=') expectKept(site, step)
      else {
        let octets = ''
        while (i < dialog.steps.length && /[CR]/.test(dialog.steps[i]!.kind)) {
          const { kind, text } = dialog.steps[i++]!
          octets += kind === 'C' ? `${text}\r\n` : (JSON.parse(text) as string)
        }
        i--
        socket.write(octets, 'utf8')
      }
    }
  } finally {
    socket.destroy()
    await listener.close(0)
  }
  return site
}

type Step = Dialog['steps'][number]

async function startTls(below: Socket, { text, line }: Step): Promise<Socket> {
  below.removeAllListeners('data')
  const socket = tlsConnect({ socket: below, rejectUnauthorized: false })
  const failed = await new Promise<boolean>(resolve => {
    socket.once('secureConnect', () => resolve(false)).once('error', () => resolve(true))
  })
  if (failed !== (text === 'failed')) throw new Error(`line ${line}: the handshake ${failed ? 'failed' : 'came about'}`)
  return socket
}

async function expectLine(reader: LineReader, step: Step): Promise<void> {
  const got = await reader.next()
  const pattern = step.text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/\\\{id\\\}/g, '[0-9a-hjkmnp-tv-z]{16}')
  if (!new RegExp(`^${pattern}$`).test(got)) throw new Error(`line ${step.line}: expected "${step.text}", got "${got}"`)
}

function expectKept(site: TestSite, step: Step): void {
  const [, what, n, rest] = /^(kept|body|client|protocol) (\d+)(?: (.*))?$/.exec(step.text) ?? []
  if (what === 'kept') {
    if (site.spool.kept.length !== Number(n)) throw new Error(`line ${step.line}: ${site.spool.kept.length} messages kept`)
  } else if (what === 'body') {
    const body = site.spool.kept[Number(n) - 1]?.body.toString('utf8')
    if (body !== JSON.parse(rest!)) throw new Error(`line ${step.line}: body is ${JSON.stringify(body)}`)
  } else if (what === 'client') {
    const client = String(site.spool.kept[Number(n) - 1]?.message.client.address)
    if (client !== rest) throw new Error(`line ${step.line}: client is ${client}`)
  } else if (what === 'protocol') {
    const protocol = String(site.spool.kept[Number(n) - 1]?.message.protocol)
    if (protocol !== rest) throw new Error(`line ${step.line}: protocol is ${protocol}`)
  } else throw new Error(`line ${step.line}: not understood`)
}

export interface LineReader {
  /** The next line without CRLF; "(closed)" at the end. A line that ends otherwise shows its raw end. */
  next(): Promise<string>
}

export function lineReader(socket: Socket): LineReader {
  let buffer = ''
  let closed = false
  let wake: (() => void) | null = null
  socket.setEncoding('latin1')
  socket.on('data', (text: string) => {
    buffer += text
    wake?.()
  })
  const end = () => {
    closed = true
    wake?.()
  }
  socket.on('close', end).on('end', end).on('error', end)
  return {
    async next() {
      for (;;) {
        const at = buffer.indexOf('\r\n')
        if (at >= 0) {
          const line = buffer.slice(0, at)
          buffer = buffer.slice(at + 2)
          return line
        }
        if (closed) return buffer === '' ? '(closed)' : `${buffer}(no CRLF)`
        await new Promise<void>((resolve, reject) => {
          const timer = setTimeout(() => reject(new Error('no answer within 20 s')), 20_000)
          wake = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
    },
  }
}
