// Every message of test/messages/authentication through the real checks, with a real DNS server: what is found out about its
// author, and what follows from it for both kinds of peer. Expectations come from the RFCs; see test/support/corpus.ts.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createResolver, type Resolver } from '../../../src/authentication/dns/resolver.ts'
import { createLookups } from '../../../src/authentication/lookups.ts'
import { checkMessage } from '../../../src/authentication/message.ts'
import { checkSpf } from '../../../src/authentication/spf.ts'
import { createBoundedMap } from '../../../src/lib/bounded-map.ts'
import { trustedPeers } from '../../../src/lib/trusted.ts'
import { parseAddress } from '../../../src/mail/address.ts'
import { authorOf } from '../../../src/mail/author.ts'
import { parseHeader } from '../../../src/mail/header-fields.ts'
import type { Authentication } from '../../../src/policy/authentication/answer.ts'
import { decideMessage, decideRecipient } from '../../../src/policy/authentication/decide.ts'
import { noSpf } from '../../../src/policy/authentication/evidence.ts'
import { judge } from '../../../src/policy/authentication/judge.ts'
import { messageFindings } from '../../../src/policy/screening/findings.ts'
import { machineOf } from '../../../src/policy/screening/machine.ts'
import type { Peer, Verdict } from '../../../src/policy/verdict.ts'
import { type CorpusCase, corpusCases, differences, startCorpusDns } from '../../support/corpus.ts'
import { skipWithout } from '../../support/services.ts'

const hostname = 'incoming.example.com'
const cases = corpusCases()

describe.skipIf(skipWithout('nsd'))('the corpus', () => {
  let dns: Awaited<ReturnType<typeof startCorpusDns>>
  let resolver: Resolver
  let now = 0
  beforeAll(async () => {
    dns = await startCorpusDns()
    resolver = createResolver({ servers: [dns.server], timeout: 3_000, tries: 1, clock: () => now })
  })
  afterAll(async () => {
    resolver.close()
    await dns.stop()
  })

  async function answerTo(item: CorpusCase): Promise<Authentication> {
    now = item.received
    const { client, helo, sender, octets } = item
    const header = parseHeader(octets)
    const author = authorOf(header)
    const forwarders = item.trusted.forwarders ?? []
    const names = forwarders.filter(entry => /[a-z]$/.test(entry))
    const lookups = () => createLookups(resolver.budget(100, now + 15_000))
    const spf = client === null ? noSpf : await checkSpf({ client, helo, sender }, { hostname, lookups: lookups(), time: 15_000 })
    const question = { client, author, subjects: header.count('subject'), spf, names: names.length > 0, at: now }
    const pieces = [octets]
    const evidence = await checkMessage(question, async () => pieces.shift() ?? null, { lookups: lookups(), keys: createBoundedMap(100) })
    const machine = machineOf({ findings: messageFindings(header, hostname), sender: sender === '' ? null : parseAddress(sender)! })
    const trusted = {
      sealers: item.trusted.sealers ?? [],
      forwarders: names,
      isForwarder: trustedPeers(forwarders.filter(entry => !names.includes(entry))),
    }
    return judge({ author, sender, spf, evidence, header, recipients: item.recipients, machine, received: now, client, trusted })
  }

  test.each(cases)('$name: $about', async item => {
    const answer = await answerTo(item)
    const { verdicts, ...expected } = item.expect
    const peers: readonly Peer[] = verdicts === 'any' ? [] : ['origin', 'relay']
    const decided = Object.fromEntries(peers.map(peer => [peer, text(verdictOf(item, answer, peer))]))
    const wrong = [...differences(answer, expected), ...differences(decided, verdicts, 'verdicts')]
    expect(wrong, JSON.stringify({ spf: answer.spf, dkim: answer.dkim, dmarc: answer.dmarc, arc: answer.arc }, null, 1)).toEqual([])
  })
})

/** That about the message goes before that about its recipient. */
function verdictOf({ rules, octets }: CorpusCase, answer: Authentication, peer: Peer): Verdict {
  const header = parseHeader(octets)
  const { spf = 'report', dmarc = 'enforce', require = null, senders } = rules
  const whole = decideMessage(answer, { spf, dmarc, header, peer, waited: null })
  const claims = { bound: false, ...(senders === undefined ? {} : { senders }) }
  return whole.kind === 'accept' ? decideRecipient(answer, { require, claims, peer, waited: null }) : whole
}

const text = (verdict: Verdict): string => ('reason' in verdict ? `${verdict.kind} ${verdict.reason}` : verdict.kind)

test('there are enough of them, and no recipe without an expectation', () => {
  expect(cases.length).toBeGreaterThanOrEqual(60)
})
