/** Domains whose SPF lets any client pass: the pass is told, and known to prove nobody. With a real DNS server. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openAuthenticator } from '../../../src/authentication/open.ts'
import type { Authenticator } from '../../../src/transaction/ports.ts'
import { type DnsServer, startDns } from '../../support/dns.ts'
import { keptLog } from '../../support/quiet-log.ts'
import { skipWithout } from '../../support/services.ts'

const missing = skipWithout('nsd')
const zones = {
  'all.example': { TXT: ['v=spf1 +all'] },
  'bare.example': { TXT: ['v=spf1 mx all'] },
  'halves.example': { TXT: ['v=spf1 ip4:0.0.0.0/1 ip4:128.0.0.0/1 ip6:::/0 -all'] },
  'includes.example': { TXT: ['v=spf1 include:all.example -all'] },
  'some.example': { TXT: ['v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/48 ?all'] },
}
let dns: DnsServer
let authenticator: Authenticator

beforeAll(async () => {
  if (missing !== null) return
  dns = await startDns({ zones })
  const limits = { servers: [dns.server], timeout: 3_000, tries: 2, queries: 100, time: 15_000 }
  authenticator = await openAuthenticator({ hostname: 'in.example.com', workers: 1, dns: limits, log: keptLog(), clock: Date.now })
})
afterAll(async () => {
  await authenticator?.close()
  await dns?.stop()
})

test.skipIf(missing !== null).each([
  ['all.example', '192.0.2.1', true],
  ['bare.example', '192.0.2.1', true],
  ['halves.example', '192.0.2.1', true],
  ['halves.example', '2001:db8::1', true],
  ['includes.example', '192.0.2.1', true],
  ['some.example', '192.0.2.1', undefined],
  ['some.example', '2001:db8::1', undefined],
])('%s, from %s', async (domain, client, everybody) => {
  const spf = await authenticator.spf({ client, helo: 'mx.example', sender: `victim@${domain}` })
  expect(spf).toMatchObject({ result: 'pass', domain })
  expect(spf.everybody).toBe(everybody)
})
