/** Opens the listeners that Postfix asks, on a test site, and asks them as Postfix does. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { AskListener, AskListenerOptions } from '../../src/listeners/ask-listener.ts'
import { openPolicyService } from '../../src/listeners/policy-service/listener.ts'
import { openSocketmap } from '../../src/listeners/socketmap/listener.ts'
import { createGuard, type GuardLimits } from '../../src/transaction/guard.ts'
import { type TestSite, testSite } from './site.ts'

export interface Asked {
  readonly site: TestSite
  readonly listener: AskListener
}

type More = Partial<AskListenerOptions> & { readonly guard?: Partial<GuardLimits>; readonly with?: TestSite }

/** Opens a listener for one test and closes it behind the test. */
export async function withAsked(what: 'socketmap' | 'policy', use: (open: Asked) => Promise<void>, more: More = {}): Promise<void> {
  const site = more.with ?? testSite()
  const limits = { connections: 100, connectionsPerNetwork: 100, unknownRecipients: 1_000, errors: 1_000, ...more.guard }
  const { guard: _, with: __, ...given } = more
  const options: AskListenerOptions = {
    site: () => site,
    at: { host: '127.0.0.1', port: 0 },
    trusted: ['127.0.0.1'],
    idleTime: 60_000,
    connections: 100,
    ...given,
  }
  const listener =
    what === 'socketmap' ? await openSocketmap(options) : await openPolicyService({ ...options, guard: createGuard(limits, site.clock) })
  try {
    await use({ site, listener })
  } finally {
    await listener.close(0)
  }
}

export interface Asking {
  readonly socket: Socket
  send(text: string): void
  /** What has come so far and not been taken, after at least `count` answers are there. */
  answers(count: number): Promise<string[]>
  ask(question: string): Promise<string>
  /** Resolves when the server has closed the connection, with what came that wasn't taken. */
  closed(): Promise<string[]>
}

/** The whole answers in `text`, and what is left of it. */
type Cut = (text: string) => { readonly found: string[]; readonly rest: string }

export function netstrings(text: string): { found: string[]; rest: string } {
  const found: string[] = []
  let octets = Buffer.from(text)
  for (let match = /^(\d+):/.exec(`${octets}`); match !== null; match = /^(\d+):/.exec(`${octets}`)) {
    const start = match[0].length
    const end = start + Number(match[1])
    if (octets.length <= end) break
    if (octets[end] !== 0x2c) throw new Error(`no netstring: ${octets}`)
    found.push(`${octets.subarray(start, end)}`)
    octets = octets.subarray(end + 1)
  }
  return { found, rest: `${octets}` }
}

export function actions(text: string): { found: string[]; rest: string } {
  const parts = text.split('\n\n')
  return { rest: parts.pop()!, found: parts.map(part => part.replace(/^action=/, '')) }
}

export const netstring = (text: string): string => `${Buffer.byteLength(text)}:${text},`

/** A request of Postfix at RCPT, with other attributes than the usual ones. */
export function request(attributes: Readonly<Record<string, string>> = {}): string {
  const all = {
    request: 'smtpd_access_policy',
    protocol_state: 'RCPT',
    protocol_name: 'ESMTP',
    client_address: '192.0.2.7',
    client_name: 'out.example.org',
    helo_name: 'mail.example.org',
    sender: 'writer@example.org',
    recipient: 'incoming+GoodKey@in.test',
    queue_id: '',
    size: '1234',
    ...attributes,
  }
  return `${Object.entries(all)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')}\n`
}

export async function asking(at: { readonly port: number | null } | { readonly path: string }, cut: Cut): Promise<Asking> {
  const socket =
    'path' in at ? connect({ path: at.path, allowHalfOpen: true }) : connect({ port: at.port!, host: '127.0.0.1', allowHalfOpen: true })
  let text = ''
  let ended = false
  socket.on('error', () => undefined)
  socket.on('data', chunk => {
    text += chunk
  })
  socket.on('end', () => {
    ended = true
  })
  socket.on('close', () => {
    ended = true
  })
  await once(socket, 'connect')
  const until = async (holds: () => boolean) => {
    for (const deadline = Date.now() + 20_000; !holds(); ) {
      if (Date.now() > deadline) throw new Error(`no answer within 20 s; there is ${JSON.stringify(text)}`)
      await new Promise(resolve => setTimeout(resolve, 2))
    }
  }
  const take = () => {
    const { found, rest } = cut(text)
    text = rest
    return found
  }
  const answers = async (count: number) => {
    await until(() => cut(text).found.length >= count || ended)
    return take()
  }
  return {
    socket,
    send: question => void socket.write(question),
    answers,
    async ask(question) {
      socket.write(question)
      return (await answers(1))[0] ?? '(closed)'
    },
    async closed() {
      await until(() => ended)
      socket.destroy()
      return take()
    },
  }
}
