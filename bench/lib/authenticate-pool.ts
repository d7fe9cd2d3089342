/**
 * Messages a second through the authenticator without SMTP: SPF, then DKIM, DMARC and ARC of each, the DNS remembered as it is in
 * service. One thread and two, in turns.
 */
import { openAuthenticator } from '../../src/authentication/open.ts'
import type { Authenticator } from '../../src/transaction/ports.ts'
import { median } from './musts.ts'
import { domain, type SignedMessage } from './signed-message.ts'

export interface PoolOptions {
  readonly dns: string
  readonly message: SignedMessage
  readonly rounds: number
  readonly seconds: number
}

/** Messages a second, the medians. */
export interface PoolRates {
  readonly one: number
  readonly two: number
}

const atOnce = 50
const author = { kind: 'one', address: `person@${domain}`, domain } as const

async function check(authenticator: Authenticator, octets: Uint8Array): Promise<void> {
  const spf = await authenticator.spf({ client: '127.0.0.1', helo: 'client.example.net', sender: author.address })
  const found = await authenticator.message({ client: '127.0.0.1', author, subjects: 1, spf, names: false, octets: [octets] })
  if (found.dkim[0]?.aligned !== true || !found.dmarc.spfAligned) throw new Error(`not verified: ${JSON.stringify(found)}`)
}

async function rate(authenticator: Authenticator, octets: Uint8Array, seconds: number): Promise<number> {
  const began = performance.now()
  const until = began + seconds * 1_000
  let done = 0
  const session = async () => {
    while (performance.now() < until) {
      await check(authenticator, octets)
      done++
    }
  }
  await Promise.all(Array.from({ length: atOnce }, session))
  return (done * 1_000) / (performance.now() - began)
}

const loud = (fields: object, text: string): void => void process.stderr.write(`${text} ${JSON.stringify(fields)}\n`)
const log = { debug: () => {}, info: () => {}, warn: loud, error: loud }

export async function measurePool({ dns, message, rounds, seconds }: PoolOptions): Promise<PoolRates> {
  const octets = Buffer.from(message.text.replaceAll('\n', '\r\n'))
  const limits = { servers: [dns], timeout: 3_000, tries: 2, queries: 100, time: 15_000 }
  const open = (workers: number) => openAuthenticator({ hostname: 'incoming.example.com', workers, dns: limits, log, clock: Date.now })
  const [one, two] = [await open(1), await open(2)]
  const rates = { one: [] as number[], two: [] as number[] }
  for (const authenticator of [one, two]) await rate(authenticator, octets, seconds)
  for (let round = 0; round < rounds; round++) {
    rates.one.push(await rate(one, octets, seconds))
    rates.two.push(await rate(two, octets, seconds))
  }
  await Promise.all([one.close(), two.close()])
  return { one: median(rates.one), two: median(rates.two) }
}
