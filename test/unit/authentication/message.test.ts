import { describe, expect, test } from 'vitest'
import { createLookups } from '../../../src/authentication/lookups.ts'
import type { KeyRecord } from '../../../src/authentication/mailauth.ts'
import { checkMessage } from '../../../src/authentication/message.ts'
import { createBoundedMap } from '../../../src/lib/bounded-map.ts'
import { noSpf } from '../../../src/policy/authentication/evidence.ts'
import type { DnsRecords } from '../../support/dns.ts'
import { mapResolver, plainMessage, type Signing, seal, sign, signedMessage } from '../../support/signed-mail.ts'
import { check } from './check.ts'

const spfPass = (domain: string) => ({ ...noSpf, result: 'pass', domain }) as const
const change = (raw: Buffer, from: string, to: string): Buffer => {
  const text = raw.toString('latin1')
  if (!text.includes(from)) throw new Error(`no ${from}`)
  return Buffer.from(text.replace(from, to), 'latin1')
}
const above = (raw: Buffer, field: string): Buffer => Buffer.concat([Buffer.from(`${field}\r\n`), raw])

describe('a signature counts', () => {
  const good = { result: 'pass', counts: true, aligned: true, domain: 'example.com', selector: 'sel' }
  test('of the author', async () => {
    const { raw, records } = await signedMessage({ signatures: [{ signed: 1_700_000_000_000 }] })
    const { dkim } = await check(raw, records)
    expect(dkim).toMatchObject([{ ...good, signed: 1_700_000_000_000, expires: null, algorithm: 'rsa-sha256' }])
    expect(dkim[0]!.covers).toContain('from')
  })
  test('but not beside a second From', async () => {
    const { raw, records } = await signedMessage()
    const { dkim, dmarc } = await check(above(raw, 'From: eve@example.com'), records)
    expect(dkim).toMatchObject([{ result: 'pass', counts: false, aligned: false, detail: 'not exactly one From field' }])
    expect(dmarc).toMatchObject({ result: 'none', detail: 'more than one author' })
  })
  test('but not beside a second Subject; with none it does', async () => {
    const { raw, records } = await signedMessage({ subject: 'A' })
    expect((await check(above(raw, 'Subject: B'), records)).dkim).toMatchObject([{ result: 'pass', counts: false, aligned: false }])
    expect((await check(raw, records, { subjects: 2 })).dkim).toMatchObject([{ counts: false }])
    const without = await signedMessage({ signatures: [] })
    const bare = change(without.raw, 'Subject: A question\r\n', '')
    const signed = await sign(bare, { domain: 'example.com' }, without.records)
    expect((await check(signed, without.records)).dkim).toMatchObject([good])
  })
  test('but not where l= stops short of the body; at its end it does', async () => {
    const { raw, records } = await signedMessage({ body: 'Hello.\r\n', signatures: [{ length: 8 }] })
    expect((await check(raw, records)).dkim).toMatchObject([good])
    const longer = Buffer.concat([raw, Buffer.from('Buy!\r\n')])
    expect((await check(longer, records)).dkim).toMatchObject([{ result: 'pass', counts: false, detail: 'l= stops short of the body' }])
  })
  test('but not where a line of the header section is no field: readers take it for the body', async () => {
    const { raw, records } = await signedMessage({ fields: ['X-Unsigned: a'] })
    const forged = change(raw, 'X-Unsigned: a\r\n', 'X-Unsigned: a\r\nClick here\r\n')
    const { dkim } = await check(forged, records, { author: { kind: 'one', address: 'alice@example.com', domain: 'example.com' } })
    expect(dkim).toMatchObject([
      { result: 'pass', counts: false, aligned: false, detail: 'the header section has a line that is no field' },
    ])
  })
  test.each<[string, Signing, string]>([
    ['of 1024 bits', { key: 'rsa-1024' }, 'pass'],
    ['of 512 bits', { key: 'rsa-512' }, 'policy'],
    ['of ed25519', { key: 'ed25519' }, 'pass'],
    ['of rsa-sha1', { algorithm: 'rsa-sha1' }, 'policy'],
    ['that has expired', { signed: 1_600_000_000_000, expires: 1_600_000_100_000 }, 'neutral'],
  ])('%s: by its result', async (_name, signing, result) => {
    const { raw, records } = await signedMessage({ signatures: [signing] })
    const [found] = (await check(raw, records)).dkim
    expect(found).toMatchObject({ result, aligned: result === 'pass' })
  })
  test('expiry is by the clock that is given', async () => {
    const { raw, records } = await signedMessage({ signatures: [{ signed: 1_600_000_000_000, expires: 1_600_000_100_000 }] })
    expect((await check(raw, records, { at: 1_600_000_050_000 })).dkim).toMatchObject([{ result: 'pass', expires: 1_600_000_100_000 }])
  })
  test('even if its key record is written carelessly', async () => {
    const { raw, records } = await signedMessage()
    const [record] = records.get('sel._domainkey.example.com')!.TXT as string[]
    records.set('sel._domainkey.example.com', { TXT: [`${record};; n=a key;`] })
    expect((await check(raw, records)).dkim).toMatchObject([good])
  })
})

describe('many signatures', () => {
  async function many(count: number, own: number): Promise<{ raw: Buffer; records: Map<string, DnsRecords> }> {
    const { raw, records } = await signedMessage()
    const at = raw.indexOf('\r\nFrom: ') + 2
    const text = raw.subarray(0, at).toString('latin1')
    const others = Array.from({ length: count }, (_, i) => text.replace('d=example.com', `d=n${i}.other.example`))
    others.splice(own, 0, text)
    return { raw: Buffer.concat([Buffer.from(others.join(''), 'latin1'), raw.subarray(at)]), records }
  }
  test('8 are all checked, of 9 one is not', async () => {
    const eight = await many(7, 0)
    expect(await check(eight.raw, eight.records)).toMatchObject({ unchecked: 0, dkim: { length: 8 } })
    const nine = await many(8, 0)
    expect(await check(nine.raw, nine.records)).toMatchObject({ unchecked: 1, dkim: { length: 8 } })
  })
  test("the author's is checked first, wherever it stands", async () => {
    const { raw, records } = await many(50, 49)
    const asked: string[] = []
    const found = await check(raw, records, { asked })
    expect(found.unchecked).toBe(43)
    expect(found.dkim[0]).toMatchObject({ domain: 'example.com', result: 'pass', aligned: true })
    expect(found.dkim[1]).toMatchObject({ domain: 'n0.other.example' })
    expect(asked.filter(question => question.includes('_domainkey'))).toHaveLength(8)
  })
  test('of 8 of the same key the DNS is asked once', async () => {
    const { raw, records } = await signedMessage({ signatures: Array.from({ length: 8 }, () => ({})) })
    const asked: string[] = []
    const { dkim } = await check(raw, records, { asked })
    expect(dkim.map(({ result }) => result)).toEqual(Array(8).fill('pass'))
    expect(asked.filter(question => question.includes('_domainkey'))).toHaveLength(1)
  })
})

test.each([
  [500, true],
  [501, false],
])('%i names in h= are looked into: %s', async (count, looked) => {
  const { raw, records } = await signedMessage()
  const named = change(raw, 'h=Content-Type', `h=${'a:'.repeat(count - 7)}Content-Type`)
  const [found] = (await check(named, records)).dkim
  expect(found!.result !== 'permerror').toBe(looked)
})

test('keys and policy are asked for before the body is read', async () => {
  const { raw, records } = await signedMessage({
    dmarc: 'v=DMARC1; p=reject',
    body: 'x\r\n'.repeat(50_000),
    signatures: [{}, { domain: 'b.example' }],
  })
  const asked: string[] = []
  let atEnd = 0
  const resolve = (name: string, type: string) => {
    asked.push(name)
    return mapResolver(records)(name, type)
  }
  const pieces = [raw.subarray(0, 60_000), raw.subarray(60_000)]
  const next = async () => {
    if (pieces.length === 0) atEnd = asked.length
    return pieces.shift() ?? null
  }
  const facts = {
    client: null,
    author: { kind: 'one', address: 'a@example.com', domain: 'example.com' },
    subjects: 1,
    names: false,
  } as const
  const parts = { lookups: createLookups({ used: () => asked.length, resolve }), keys: createBoundedMap<string, KeyRecord>(10) }
  const { dkim } = await checkMessage({ ...facts, spf: noSpf, at: Date.now() }, next, parts)
  expect(dkim.map(({ result }) => result)).toEqual(['pass', 'pass'])
  expect([...asked].sort()).toEqual(['_dmarc.com', '_dmarc.example.com', 'sel._domainkey.b.example', 'sel._domainkey.example.com'])
  expect(atEnd).toBe(4)
})

describe('DMARC', () => {
  const reject = 'v=DMARC1; p=reject'
  test('passes by an aligned signature of a subdomain, and fails by one of another domain', async () => {
    const { raw, records } = await signedMessage({ dmarc: reject, signatures: [{ domain: 'mail.example.com' }] })
    expect(await check(raw, records)).toMatchObject({ dkim: [{ aligned: true }], dmarc: { result: 'pass', organisation: 'example.com' } })
    const other = await signedMessage({ dmarc: reject, signatures: [{ domain: 'other.example' }] })
    expect(await check(other.raw, other.records)).toMatchObject({
      dkim: [{ result: 'pass', aligned: false }],
      dmarc: { result: 'fail', policy: 'reject', domain: 'example.com', spfAligned: false },
    })
  })
  test('strict alignment wants the very domain', async () => {
    const { raw, records } = await signedMessage({ dmarc: `${reject}; adkim=s; aspf=s`, signatures: [{ domain: 'mail.example.com' }] })
    const spf = spfPass('mail.example.com')
    expect(await check(raw, records, { spf })).toMatchObject({ dkim: [{ aligned: false }], dmarc: { result: 'fail', spfAligned: false } })
    expect(await check(raw, records, { spf: spfPass('example.com') })).toMatchObject({ dmarc: { result: 'pass', spfAligned: true } })
  })
  test('is not helped by a signature that does not count, nor by an SPF that does not pass', async () => {
    const { raw, records } = await signedMessage({ dmarc: reject, body: 'Hello.\r\n', signatures: [{ length: 3 }] })
    expect((await check(raw, records, { spf: { ...spfPass('example.com'), result: 'softfail' } })).dmarc.result).toBe('fail')
  })
  test('without a record only the same domain is aligned', async () => {
    const { raw, records } = await signedMessage({ signatures: [{}, { domain: 'mail.example.com' }] })
    const found = await check(raw, records, { spf: spfPass('example.com') })
    expect(found.dkim.map(({ domain, aligned }) => [domain, aligned])).toEqual([
      ['mail.example.com', false],
      ['example.com', true],
    ])
    expect(found.dmarc).toMatchObject({ result: 'none', policy: null, domain: null, spfAligned: true })
    expect((await check(raw, records, { spf: spfPass('mail.example.com') })).dmarc.spfAligned).toBe(false)
  })
  test.each([
    ['v=DMARC1; p=reject; t=y', 'example.com', 'quarantine'],
    ['v=DMARC1; p=quarantine; t=y', 'example.com', 'none'],
    ['v=DMARC1; p=reject; sp=none', 'sub.example.com', 'none'],
    ['v=DMARC1; p=none; np=reject', 'missing.example.com', 'reject'],
    ['v=DMARC1; p=none; np=reject', 'sub.example.com', 'none'],
    ['v=DMARC1; p=reject; p=reject', 'example.com', null],
  ])('%s for %s: %s', async (record, domain, policy) => {
    const { raw } = await signedMessage({ from: `a@${domain}`, signatures: [] })
    const records = new Map<string, DnsRecords>([
      ['_dmarc.example.com', { TXT: [record] }],
      ['sub.example.com', { A: ['192.0.2.9'] }],
    ])
    expect((await check(raw, records)).dmarc.policy).toBe(policy)
  })
  test.each([
    ['From: ', 'no author'],
    ['From: a@example.com, b@example.com', 'more than one author'],
    ['From: nonsense', 'From is no address'],
  ])('none for %j', async (field, detail) => {
    const { raw, records } = await signedMessage({ dmarc: reject })
    const changed = Buffer.from(raw.toString().replace(/^From: .*$/m, field))
    expect((await check(changed, records)).dmarc).toMatchObject({ result: 'none', policy: null, detail })
  })
  test('the names of the client are looked up where it fails and they are wanted', async () => {
    const { raw, records } = await signedMessage({ dmarc: reject, signatures: [] })
    records.set('1.2.0.192.in-addr.arpa', { PTR: ['Good.example.', 'liar.example'] })
    records.set('good.example', { A: ['192.0.2.9', '192.0.2.1'] }).set('liar.example', { A: ['192.0.2.9'] })
    expect((await check(raw, records, { names: true })).names).toEqual(['good.example'])
    expect((await check(raw, records)).names).toEqual([])
    expect((await check(raw, records, { names: true, spf: spfPass('example.com') })).names).toEqual([])
    const spf = { ...spfPass('example.com'), result: 'fail' } as const
    expect((await check(plainMessage({ from: 'a@none.example' }), records, { names: true, spf })).names).toEqual(['good.example'])
    const fail = { 'liar.example': 'ESERVFAIL' }
    expect(await check(raw, records, { names: true, fail })).toMatchObject({ names: ['good.example'], namesTemporary: true })
  })
  test('10 names are confirmed, the 11th is not asked for', async () => {
    const { raw, records } = await signedMessage({ dmarc: reject, signatures: [] })
    records.set('1.2.0.192.in-addr.arpa', { PTR: Array.from({ length: 11 }, (_, i) => `n${i}.example`) })
    for (let i = 0; i < 11; i++) records.set(`n${i}.example`, { A: ['192.0.2.1'] })
    expect((await check(raw, records, { names: true })).names).toHaveLength(10)
  })
})

describe('the DNS without an answer', () => {
  const code = (name: string) => ({ [name]: 'ETIMEOUT' })
  test('for a key, for the policy', async () => {
    const { raw, records } = await signedMessage({ dmarc: 'v=DMARC1; p=reject' })
    expect(await check(raw, records, { fail: code('sel._domainkey.example.com') })).toMatchObject({
      dkim: [{ result: 'temperror', counts: true, aligned: false }],
      dmarc: { result: 'fail' },
    })
    expect(await check(raw, records, { fail: code('_dmarc.example.com') })).toMatchObject({
      dkim: [{ result: 'pass', aligned: true }],
      dmarc: { result: 'temperror', policy: null, organisation: null },
    })
  })
  test('above the own record of the author: nobody knows the organisation', async () => {
    const { raw, records } = await signedMessage({ from: 'a@sub.example.com', dmarc: 'v=DMARC1; p=reject' })
    const found = await check(raw, records, { fail: code('_dmarc.example.com') })
    expect(found.dmarc).toMatchObject({ result: 'pass', domain: 'sub.example.com', organisation: null })
    expect((await check(raw, records)).dmarc).toMatchObject({ result: 'pass', organisation: 'sub.example.com' })
  })
  test('no more queries: permanent for a key and for the policy, not for what was found before', async () => {
    const { raw, records } = await signedMessage({ dmarc: 'v=DMARC1; p=reject' })
    expect(await check(raw, records, { queries: 0 })).toMatchObject({
      dkim: [{ result: 'permerror' }],
      dmarc: { result: 'permerror' },
      queries: 0,
    })
    expect(await check(raw, records, { queries: 2 })).toMatchObject({
      dkim: [{ result: 'permerror' }],
      dmarc: { result: 'fail' },
      queries: 2,
    })
    expect(await check(raw, records, { queries: 3 })).toMatchObject({ dkim: [{ result: 'pass' }], dmarc: { result: 'pass' }, queries: 3 })
  })
})

describe('ARC', () => {
  const results = 'mx.fwd.example; spf=pass (dmarc=fail header.from=evil.example); dmarc=pass (p=reject) header.from=Example.com'
  async function sealed(times: number): Promise<{ raw: Buffer; records: Map<string, DnsRecords> }> {
    const made = await signedMessage({ dmarc: 'v=DMARC1; p=reject' })
    let raw = made.raw
    for (let i = 1; i <= times; i++) raw = await seal(raw, { domain: `fwd${i}.example`, results }, made.records)
    return { raw, records: made.records }
  }
  test('none', async () => {
    const { raw, records } = await sealed(0)
    expect((await check(raw, records)).arc).toEqual({ result: 'none', instance: 0, sealer: null, dmarc: null, detail: '' })
  })
  test('passes, and gives the newest set', async () => {
    const { raw, records } = await sealed(2)
    expect((await check(raw, records)).arc).toMatchObject({
      result: 'pass',
      instance: 2,
      sealer: 'fwd2.example',
      dmarc: { result: 'pass', from: 'example.com' },
    })
  })
  test('fails after a change, with no set, with a broken chain', async () => {
    const { raw, records } = await sealed(2)
    expect((await check(change(raw, 'Hello', 'Hallo'), records)).arc).toMatchObject({ result: 'fail', instance: 2, sealer: 'fwd2.example' })
    expect((await check(change(raw, 'i=1; mx', 'i=3; mx'), records)).arc).toMatchObject({ result: 'fail', instance: 3, sealer: null })
  })
  test('a key that is missing is permanent, one without an answer is not, nor is one of an older set', async () => {
    const { raw, records } = await sealed(2)
    for (const set of [1, 2]) {
      const name = `arc._domainkey.fwd${set}.example`
      const gone = new Map(records)
      gone.delete(name)
      expect((await check(raw, gone)).arc).toMatchObject({ result: 'fail' })
      expect((await check(raw, gone)).arc.temporary).toBeUndefined()
      expect((await check(raw, records, { fail: { [name]: 'ESERVFAIL' } })).arc).toMatchObject({
        result: 'fail',
        temporary: true,
        sealer: 'fwd2.example',
        dmarc: { result: 'pass', from: 'example.com' },
      })
    }
  })
  test('what is broken in itself is not temporary, whatever the DNS does', async () => {
    const { raw, records } = await sealed(2)
    const changed = change(raw, 'i=2; mx', 'i=2; my')
    const { arc } = await check(changed, records, { fail: { 'arc._domainkey.fwd1.example': 'ESERVFAIL' } })
    expect(arc).toMatchObject({ result: 'fail', detail: 'i=2 seal signature validation failed' })
    expect(arc.temporary).toBeUndefined()
  })
  test('50 sets pass within the budget of queries, 51 fail without a query', async () => {
    const { raw, records } = await sealed(50)
    expect(await check(raw, records, { queries: 60 })).toMatchObject({ arc: { result: 'pass', instance: 50 } })
    const asked: string[] = []
    const more = above(raw, 'ARC-Seal: i=51; a=rsa-sha256; cv=pass; d=x.example; s=s; b=AA==')
    expect((await check(more, records, { asked })).arc).toMatchObject({ result: 'fail', instance: 51, detail: 'more than 50 ARC sets' })
    expect(asked.some(question => question.includes('arc._domainkey'))).toBe(false)
  }, 60_000)
})
