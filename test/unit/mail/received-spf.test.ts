import { expect, test } from 'vitest'
import { receivedSpf, type SpfFacts } from '../../../src/mail/received-spf.ts'

const facts: SpfFacts = {
  spf: { result: 'pass', identity: 'mailfrom', domain: 'b.example', detail: '' },
  client: '192.0.2.7',
  helo: 'mx.b.example',
  sender: 'a@b.example',
  hostname: 'in.example.com',
}

test.each<[Partial<SpfFacts>, string]>([
  [
    {},
    'Received-SPF: pass (b.example permits 192.0.2.7) client-ip=192.0.2.7; envelope-from="a@b.example"; helo=mx.b.example; receiver=in.example.com; identity=mailfrom;',
  ],
  [
    { client: '2001:db8::1', helo: null, sender: '', spf: { result: 'fail', identity: 'helo', domain: '', detail: '' } },
    'Received-SPF: fail (the sender does not permit 2001:db8::1) client-ip="2001:db8::1"; envelope-from=""; receiver=in.example.com; identity=helo;',
  ],
  [
    { helo: 'x)\r\nBcc: "y', spf: { result: 'temperror', identity: 'mailfrom', domain: 'b(.example', detail: 'no answer' } },
    'Received-SPF: temperror (SPF of b?.example could not be checked) client-ip=192.0.2.7; envelope-from="a@b.example"; helo="x)??Bcc: \\"y"; receiver=in.example.com; identity=mailfrom; problem="no answer";',
  ],
])('%j', (more, expected) => {
  expect(receivedSpf({ ...facts, ...more })).toBe(expected)
})

test.each(['neutral', 'softfail', 'none', 'permerror'])('%s', result => {
  expect(receivedSpf({ ...facts, spf: { ...facts.spf, result } })).toMatch(
    new RegExp(`^Received-SPF: ${result} \\([^)]*b\\.example[^)]*\\) client-ip=`),
  )
})
