// Every message of test/messages/authentication through the real checks, with a real DNS server: what is found out about its
// author, and what follows from it for both kinds of peer. Expectations come from the RFCs; see test/support/corpus.ts.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openAuthenticator } from '../../../src/authentication/open.ts'
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
import type { Authenticator, Log } from '../../../src/transaction/ports.ts'
import { type CorpusCase, corpusCases, differences, startCorpusDns } from '../../support/corpus.ts'
import { skipWithout } from '../../support/services.ts'

const hostname = 'incoming.example.com'
const cases = corpusCases()
const complaints: string[] = []
const complain = (fields: object, text: string): void => void complaints.push(`${text} ${JSON.stringify(fields)}`)
const log: Log = { debug() {}, info() {}, warn: complain, error: complain }

describe.skipIf(skipWithout('nsd'))('the corpus', () => {
  let dns: Awaited<ReturnType<typeof startCorpusDns>>
  let authenticator: Authenticator
  let now = 0
  beforeAll(async () => {
    dns = await startCorpusDns()
    const limits = { servers: [dns.server], timeout: 3_000, tries: 1, queries: 100, time: 15_000 }
    authenticator = await openAuthenticator({ hostname, workers: 1, dns: limits, log, clock: () => now })
  })
  afterAll(async () => {
    await authenticator.close()
    await dns.stop()
  })

  async function answerTo(item: CorpusCase): Promise<Authentication> {
    now = item.received
    const { client, helo, sender, octets } = item
    const header = parseHeader(octets)
    const author = authorOf(header)
    const forwarders = item.trusted.forwarders ?? []
    const names = forwarders.filter(entry => /[a-z]$/.test(entry))
    const spf = client === null ? noSpf : await authenticator.spf({ client, helo, sender })
    const question = { client, author, subjects: header.count('subject'), spf, names: names.length > 0 }
    const evidence = await authenticator.message({ ...question, octets: [octets] })
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
    expect(complaints.splice(0)).toEqual([])
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
