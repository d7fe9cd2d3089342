// SPF of the attacker's domain asks for ten names at once, each a chain of aliases.
import { openAuthenticator } from './src/authentication/open.ts'
import { authorOf } from './src/mail/author.ts'
import { parseHeader } from './src/mail/header-fields.ts'
import { decideMessage } from './src/policy/authentication/decide.ts'
import { judge } from './src/policy/authentication/judge.ts'
import { scriptedDns } from './test/support/scripted-dns.ts'
const IN = 'IN' as const
let n = 0
const dns = await scriptedDns(({ key, type }) => {
  n++
  const name = key
  const txt = (t: string) => ({ answers: [{ name, type: 'TXT' as const, class: IN, ttl: 60, data: t }] })
  if (key === 'attacker.example' && type === 'TXT') return txt('v=spf1 mx:m.attacker.example mx:m2.attacker.example mx:m3.attacker.example ptr:x.attacker.example -all')
  if (type === 'MX') return { answers: Array.from({ length: 10 }, (_, i) => ({ name, type: 'MX' as const, class: IN, ttl: 60, data: { preference: 1, exchange: `h${i}.${key}` } })) }
  if (type === 'PTR') return { answers: Array.from({ length: 10 }, (_, i) => ({ name, type: 'PTR' as const, class: IN, ttl: 60, data: `c${i}.x.attacker.example` })) }
  const c = /^(?:(\d)-)?(c\d)\.x\.attacker\.example$/.exec(key)
  if (c) { const d = Number(c[1] ?? 0); return d < 8 ? { answers: [{ name, type: 'CNAME' as const, class: IN, ttl: 60, data: `${d + 1}-${c[2]}.x.attacker.example` }] } : { answers: [{ name, type: 'A' as const, class: IN, ttl: 60, data: '192.0.2.1' }] } }
  if (type === 'A') return { answers: [{ name, type: 'A' as const, class: IN, ttl: 60, data: '192.0.2.1' }] }
  if (key === '_dmarc.victim.example') return txt('v=DMARC1; p=reject')
  return { rcode: 3 }
})
const a = await openAuthenticator({ hostname: 'in.example.com', workers: 1, dns: { servers: [dns.server], timeout: 3000, tries: 1, queries: 100, time: 15000 }, log: { debug() {}, info() {}, warn() {}, error() {} } as never, clock: Date.now })
const octets = Buffer.from('From: ceo@victim.example\r\nSubject: x\r\n\r\nbody\r\n')
const header = parseHeader(octets), author = authorOf(header), client = '203.0.113.66', sender = 'x@attacker.example'
const spf = await a.spf({ client, helo: 'x', sender })
const evidence = await a.message({ client, author, subjects: 1, spf, names: false, octets: [octets] })
const r = judge({ author, sender, spf, evidence, header, recipients: [], machine: 'none', received: Date.now(), client, trusted: { sealers: [], forwarders: [], isForwarder: () => false } })
console.log(spf, evidence.dmarc, decideMessage(r, { spf: 'report', dmarc: 'enforce', header, peer: 'origin', waited: null }), n)
await a.close(); await dns.stop()
