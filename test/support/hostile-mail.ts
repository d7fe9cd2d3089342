/**
 * Messages made to cost time: each is small enough to be accepted, and each would take seconds somewhere in a careless reader.
 */
import type { DnsRecords } from './dns.ts'
import { seal, sign, signedMessage } from './signed-mail.ts'

export interface Hostile {
  readonly name: string
  readonly raw: Buffer
  readonly records: ReadonlyMap<string, DnsRecords>
}

const from = 'From: alice@example.com\r\nSubject: x\r\n'
const end = '\r\nHello.\r\n'
const tags = 'v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=sel; h=from:subject; bh=AAAA; b=AAAA'
const none = new Map<string, DnsRecords>()
const plain = (name: string, text: string): Hostile => ({ name, raw: Buffer.from(text, 'latin1'), records: none })

export async function hostileMessages(): Promise<readonly Hostile[]> {
  return [...headers(), ...bodies(), ...(await signed())]
}

function headers(): Hostile[] {
  const wide = (octets: number, text: string): string => text.repeat(Math.ceil(octets / text.length))
  const names = Array.from({ length: 100_000 }, (_, i) => `x${i % 50}`).join(':')
  return [
    plain('1,000 signatures', `${`DKIM-Signature: ${tags}\r\n`.repeat(1000)}${from}${end}`),
    plain('1,900 signatures with nothing in them', `${'DKIM-Signature: d=a\r\n'.repeat(1900)}${from}${end}`),
    plain('a header section of 2 MB', `${from}${wide(2e6, 'X-Fill: some text that goes on and on\r\n')}${end}`),
    plain('a header section of 2 MB in one field', `${from}X-Fill: ${wide(2e6, 'some text ')}\r\n${end}`),
    plain('250 KB of folded lines with nothing in them', `${from}X:\r\n${wide(250_000, ' \r\n')}${end}`),
    plain('250 KB of lines that are no fields', `${from}${wide(250_000, 'a\r\n')}${end}`),
    plain('a signature of 200 KB of spaces', `DKIM-Signature: ${tags}; x=${' '.repeat(200_000)}1\r\n${from}${end}`),
    ...[' ', '\t', '\r\n '].map(white =>
      plain(
        `8 signatures of 16 KB of ${JSON.stringify(white)}`,
        `${`DKIM-Signature: ${tags}; z=a${wide(15_000, white)}b\r\n`.repeat(8)}${from}${end}`,
      ),
    ),
    plain('100,000 names in h= of one signature', `DKIM-Signature: ${tags.replace('from:subject', `from:${names}`)}\r\n${from}${end}`),
    plain('8 signatures of 5,000 names in h=', signaturesWith(`from:${':y'.repeat(5000)}`)),
    plain('8 signatures of 499 names in h=, 1,900 fields', `${'y:\r\n'.repeat(1900)}${signaturesWith(`from${':y'.repeat(498)}`)}`),
    plain('base64 junk', `DKIM-Signature: ${tags.replaceAll('AAAA', 'ab+/='.repeat(1500))}\r\n${from}${end}`),
    plain(
      '300 ARC fields that are none',
      `${'ARC-Seal: i=1\r\nARC-Message-Signature: (((\r\nARC-Authentication-Results: "\\\r\n'.repeat(100)}${from}${end}`,
    ),
  ]
}

const signaturesWith = (names: string): string => `${`DKIM-Signature: ${tags.replace('from:subject', names)}\r\n`.repeat(8)}${from}${end}`

/** What is hashed costs the same whether it is what was signed or not. */
function bodies(): Hostile[] {
  const both = `DKIM-Signature: ${tags}\r\nDKIM-Signature: ${tags.replace('relaxed/relaxed', 'simple/simple')}\r\n${from}\r\n`
  const lengths = [1e3, 1e4, 1e5, 5e5, 1e6, 1.5e6, 1.8e6, 1.9e6].map(length => `DKIM-Signature: ${tags}; l=${length}\r\n`)
  return [
    plain('5 MB of spaces in one line', `${both}${' '.repeat(5e6)}\r\n`),
    plain('5 MB of spaces without an end', both + ' '.repeat(5e6)),
    plain('5 MB of empty lines', both + '\r\n'.repeat(2.5e6)),
    plain('5 MB of bare LF', both + '\n'.repeat(5e6)),
    plain('5 MB of CR', both + '\r'.repeat(5e6)),
    plain('5 MB of space and letter', both + ' \ta'.repeat(1.7e6)),
    plain('8 lengths of 2 MB', `${lengths.join('')}${from}\r\n${'a b  c\r\n'.repeat(250_000)}`),
  ]
}

async function signed(): Promise<Hostile[]> {
  const junk = await signedMessage()
  junk.records.set('sel._domainkey.example.com', { TXT: [`v=DKIM1; p=${'ab+/='.repeat(3000)}`] })
  return [{ name: 'a key record of base64 junk', ...junk }, await hops(50), await hops(100)]
}

async function hops(count: number): Promise<Hostile> {
  const made = await signedMessage()
  const records = new Map(made.records)
  let raw = await sign(made.raw, { domain: 'list.example' }, records)
  for (let i = 0; i < Math.min(count, 50); i++) raw = await seal(raw, { domain: `fwd${i}.example`, results: 'mx; dmarc=pass' }, records)
  if (count > 50) raw = Buffer.concat([raw.subarray(0, raw.indexOf('DKIM-Signature')), raw])
  return { name: `${count} ARC sets`, raw, records }
}
