/**
 * Messages a second through the authenticator without SMTP: 4 KB with one rsa-2048 signature, SPF and DMARC, the DNS over UDP on
 * loopback and remembered as it is in service. One thread and two, in turns; two must reach 1.3 times one on two free cores.
 * `node bench/authenticate-pool.ts [messages] [rounds]`
 */
import { parseArgs } from 'node:util'
import { openAuthenticator } from '../src/authentication/open.ts'
import { noSpf } from '../src/policy/authentication/evidence.ts'
import type { Authenticator } from '../src/transaction/ports.ts'
import { mapDns } from '../test/support/map-dns.ts'
import { keptLog } from '../test/support/quiet-log.ts'
import { signedMessage } from '../test/support/signed-mail.ts'

const { positionals } = parseArgs({ allowPositionals: true })
const messages = Number(positionals[0] ?? 4000)
const rounds = Number(positionals[1] ?? 3)
const atOnce = 50
const must = 1.3

const { raw, records } = await signedMessage({
  dmarc: 'v=DMARC1; p=reject',
  body: 'Forty characters of text and a line end.\r\n'.repeat(82),
})
const dns = await mapDns({ records: new Map([...records, ['example.com', { TXT: ['v=spf1 ip4:192.0.2.0/24 -all'] }]]) })

async function once(authenticator: Authenticator): Promise<void> {
  const spf = await authenticator.spf({ client: '192.0.2.1', helo: 'host.example', sender: 'alice@example.com' })
  const author = { kind: 'one', address: 'alice@example.com', domain: 'example.com' } as const
  const found = await authenticator.message({ client: '192.0.2.1', author, subjects: 1, spf: spf ?? noSpf, names: false, octets: [raw] })
  if (found.dkim[0]?.aligned !== true || !found.dmarc.spfAligned) throw new Error(`wrong: ${JSON.stringify(found)}`)
}

async function rate(authenticator: Authenticator, count: number): Promise<number> {
  let left = count
  const started = performance.now()
  const session = async (): Promise<void> => {
    while (left-- > 0) await once(authenticator)
  }
  await Promise.all(Array.from({ length: atOnce }, session))
  return (count * 1000) / (performance.now() - started)
}

const limits = { servers: [dns.server], timeout: 3000, tries: 2, queries: 100, time: 15_000 }
const open = (workers: number) => openAuthenticator({ hostname: 'mx', workers, dns: limits, log: keptLog(), clock: Date.now })
const [one, two] = [await open(1), await open(2)]
const rates: { one: number[]; two: number[] } = { one: [], two: [] }
await rate(one, 500)
await rate(two, 1000)
for (let round = 0; round < rounds; round++) {
  rates.one.push(await rate(one, messages))
  rates.two.push(await rate(two, messages))
}
await Promise.all([one.close(), two.close(), dns.stop()])

const median = (list: readonly number[]): number => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)]!
const ratio = median(rates.two) / median(rates.one)
console.log(`octets ${raw.length}, ${atOnce} at once, median of ${rounds} rounds of ${messages}`)
console.log(
  `one thread  ${Math.round(median(rates.one))}/s\ntwo threads ${Math.round(median(rates.two))}/s  ${ratio.toFixed(2)} x (must: ${must})`,
)
if (ratio < must) process.exitCode = 1
