/**
 * `postern send-test`: sends one message through a real listener (or any mail server in front of it) and follows it until
 * it shows, so that an operator knows the whole way works. Exit status 0 only when it was delivered.
 */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Command } from 'commander'
import type { Config } from '../config/config.ts'
import { parseDuration } from '../lib/duration.ts'
import { type Submission, submit } from '../notice/submit.ts'
import type { MessageRow } from '../transaction/desk.ts'
import { exits, Failure } from './failure.ts'
import { signedPlaces } from './keys/config.ts'
import { mint } from './keys/mint.ts'
import { keysConfig } from './keys-config.ts'
import { authorization, type Page, pageOf, reachable } from './page.ts'

export interface SendTestDeps {
  load(): Promise<Config>
  print(text: string): void
}

interface Options {
  readonly to?: string
  readonly from: string
  readonly via?: string
  readonly wait: string
  readonly json?: true
}

export function sendTestCommand(deps: SendTestDeps): Command {
  return new Command('send-test')
    .description('send one message through a listener and follow it until it shows')
    .option('--to <address>', 'recipient; without it an address is minted')
    .option('--from <address>', 'reverse-path and From', 'send-test@localhost.localdomain')
    .option('--via <server>', 'smtp, lmtp, HOST:PORT (SMTP) or lmtp:HOST:PORT; without it the first listener')
    .option('--wait <duration>', 'how long to follow it', '30s')
    .option('--json', 'print an object')
    .action((options: Options) => sendTest(deps, options))
}

async function sendTest({ load, print }: SendTestDeps, options: Options): Promise<void> {
  const config = await load()
  const wait = parseDuration(options.wait)
  if (wait === null) throw new Failure(`--wait: a duration such as 30s, not “${options.wait}”`, exits.usage)
  const say = (what: string, text: string): void => (options.json ? undefined : print(`${what.padEnd(9)} ${text}`))
  const recipient = options.to ?? mintedAddress(config)
  const to = serverOf(config, options.via)
  const token = `postern-test-${randomBytes(6).toString('hex')}`
  say('to', recipient)
  say('via', `${to.lmtp ? 'lmtp' : 'smtp'} ${to.host}:${to.port}`)
  const reply = await send({ to, sender: options.from, recipient, raw: testMessage({ from: options.from, recipient, token }) })
  say('answered', reply)
  const row = await follow(config, { token, until: performance.now() + wait })
  if (row === null) throw new Failure(`The message was accepted but does not show within ${options.wait}: ${reply}`)
  const page = pageOf(config)
  say('state', row.state)
  if (page !== null) say('page', `${page.url}/messages/${row.id}`)
  if (options.json) print(JSON.stringify({ ...row, reply }))
  if (row.state !== 'delivered') throw new Failure(`The message is ${row.state}, not delivered.`)
}

async function send(submission: Submission): Promise<string> {
  try {
    return await submit(submission)
  } catch (error) {
    const { response, message } = error as { response?: string; message: string }
    const { host, port } = submission.to
    throw new Failure(
      response === undefined ? `${host}:${port} can't be reached: ${message}. Is the server running?` : `refused: ${response}`,
    )
  }
}

function mintedAddress(config: Config): string {
  const place = signedPlaces(keysConfig(config)).find(({ mailbox }) => mailbox.address.includes('%{key}'))
  if (place === undefined) throw new Failure('No mailbox has signed keys in its address: name a recipient with --to.', exits.usage)
  const { mailbox, route } = place
  return mint(place, { mailbox: mailbox.name, route: route.name, subject: 'send-test', expires: '1h' }, Date.now()).address
}

function serverOf(config: Config, via: string | undefined): Submission['to'] {
  const written = /^(lmtp:)?\[?([^\]]+?)\]?:(\d{1,5})$/.exec(via ?? '')
  if (written !== null && Number(written[3]) >= 1 && Number(written[3]) <= 65_535)
    return { host: written[2]!, port: Number(written[3]), lmtp: written[1] !== undefined }
  if (via !== undefined && via !== 'smtp' && via !== 'lmtp')
    throw new Failure(`--via: smtp, lmtp, HOST:PORT or lmtp:HOST:PORT, not “${via}”`, exits.usage)
  const kinds: readonly ('smtp' | 'lmtp')[] = via === undefined ? ['smtp', 'lmtp'] : [via]
  for (const kind of kinds) {
    for (const listener of config.listeners[kind]) if ('port' in listener.at) return { ...reachable(listener.at), lmtp: kind === 'lmtp' }
  }
  throw new Failure(`The configuration has no ${via ?? 'mail'} listener on TCP: name a server with --via HOST:PORT.`, exits.usage)
}

function testMessage({ from, recipient, token }: { readonly from: string; readonly recipient: string; readonly token: string }): string {
  const lines = [
    `From: ${from}`,
    `To: ${recipient}`,
    `Subject: Test message ${token}`,
    `Date: ${new Date().toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <${token}@localhost.localdomain>`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    '',
    'This message was sent by `postern send-test`. If you can read it, the way from the listener to here works.',
    '',
  ]
  return lines.join('\r\n')
}

const settled = new Set(['delivered', 'held', 'discarded', 'failed'])

/** The message's row as soon as its state is final, or as it is when the time is over. */
async function follow(config: Config, { token, until }: { readonly token: string; readonly until: number }): Promise<MessageRow | null> {
  const page = pageOf(config)
  if (page === null) throw new Failure('The message was accepted. It cannot be followed: the configuration has no http listener on TCP.')
  let row: MessageRow | null = null
  while (performance.now() < until) {
    row = await ask(page, token, until)
    if (row !== null && settled.has(row.state)) return row
    await sleep(150)
  }
  return row
}

/** The message's row as the API has it now. A page that gives no answer in time is a failure, not a reason to wait on. */
async function ask(page: Page, text: string, until: number): Promise<MessageRow | null> {
  try {
    const signal = AbortSignal.timeout(Math.ceil(Math.max(1, until - performance.now())))
    const response = await fetch(`${page.url}/api/messages?text=${text}`, { headers: authorization(page), signal })
    if (!response.ok) throw new Failure(`${page.url} answers ${response.status}: ${(await response.text()).slice(0, 500)}`)
    return ((await response.json()) as { messages: MessageRow[] }).messages[0] ?? null
  } catch (error) {
    if (error instanceof Failure) throw error
    const { message, cause } = error as Error
    throw new Failure(`The message was accepted, but ${page.url} can't be asked: ${cause instanceof Error ? cause.message : message}`)
  }
}
