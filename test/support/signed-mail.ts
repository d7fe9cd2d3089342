/**
 * Mail signed for tests: keys made once a process, and the DNS records that go with them as a map by name. The signer is mailauth's,
 * which the checks under test also come from; shapes from the field are recorded as .eml elsewhere.
 */
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { createRequire } from 'node:module'
import type { DnsRecords } from './dns.ts'

export type SignedWith = 'rsa-2048' | 'rsa-1024' | 'rsa-512' | 'ed25519'

export interface SignedMail {
  readonly raw: Buffer
  /** What must be in the DNS for it: keys and, where asked for, DMARC. */
  readonly records: Map<string, DnsRecords>
}

export interface Signing {
  /** d=; that of From unless told. */
  readonly domain?: string
  readonly selector?: string
  readonly key?: SignedWith
  /** c=, `relaxed/relaxed` unless told. */
  readonly canonicalization?: string
  /** Names for h=, with colons between. */
  readonly headerList?: string
  readonly algorithm?: string
  /** l= */
  readonly length?: number
  readonly signed?: number
  readonly expires?: number
}

export interface MailShape {
  readonly from?: string
  readonly to?: string
  readonly subject?: string
  /** Whole fields, without line ends, above the others. */
  readonly fields?: readonly string[]
  readonly body?: string | Buffer
  /** Signed by each in turn, the last at the top. One of From's domain unless told. */
  readonly signatures?: readonly Signing[]
  /** The DMARC record of From's domain. */
  readonly dmarc?: string
}

const load = createRequire(import.meta.url)
const { dkimSign } = load('mailauth/lib/dkim/sign.js') as {
  dkimSign(message: Buffer, options: object): Promise<{ signatures: string; errors: { err: Error }[] }>
}
const { sealMessage } = load('mailauth/lib/arc/index.js') as { sealMessage(message: Buffer, seal: object): Promise<Buffer> }

interface Pair {
  readonly privateKey: string
  readonly record: string
}
const pairs = new Map<SignedWith, Pair>()

export function keyPair(kind: SignedWith = 'rsa-2048'): Pair {
  const known = pairs.get(kind)
  if (known !== undefined) return known
  const pair = kind === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('rsa', { modulusLength: Number(kind.slice(4)) })
  const made = { privateKey: String(pair.privateKey.export({ type: 'pkcs8', format: 'pem' })), record: keyRecord(pair.publicKey) }
  pairs.set(kind, made)
  return made
}

function keyRecord(key: KeyObject): string {
  const der = key.export({ type: 'spki', format: 'der' })
  return key.asymmetricKeyType === 'ed25519'
    ? `v=DKIM1; k=ed25519; p=${der.subarray(12).toString('base64')}`
    : `v=DKIM1; k=rsa; p=${der.toString('base64')}`
}

export async function signedMessage(shape: MailShape = {}): Promise<SignedMail> {
  const from = shape.from ?? 'alice@example.com'
  const domain = domainOf(from)
  const records = new Map<string, DnsRecords>()
  if (shape.dmarc !== undefined) records.set(`_dmarc.${domain}`, { TXT: [shape.dmarc] })
  let raw = plainMessage({ ...shape, from })
  for (const signing of shape.signatures ?? [{}]) raw = await sign(raw, { domain, ...signing }, records)
  return { raw, records }
}

export function plainMessage({ from = 'alice@example.com', to, subject, fields = [], body = 'Hello.\r\n' }: MailShape = {}): Buffer {
  const head = [
    ...fields,
    `From: ${from}`,
    `To: ${to ?? 'incoming+key@in.example.net'}`,
    `Subject: ${subject ?? 'A question'}`,
    'Date: Fri, 20 Nov 2026 10:00:00 +0000',
    `Message-ID: <${Math.random().toString(36).slice(2)}@example.com>`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
  ]
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), Buffer.from(body)])
}

/** Puts one more signature at the top, and its key into `records`. */
export async function sign(raw: Buffer, signing: Signing & { domain: string }, records: Map<string, DnsRecords>): Promise<Buffer> {
  const { domain, selector = 'sel', key = 'rsa-2048' } = signing
  const { privateKey, record } = keyPair(key)
  const algorithm = signing.algorithm ?? (key === 'ed25519' ? 'ed25519-sha256' : 'rsa-sha256')
  const { signatures, errors } = await dkimSign(raw, {
    canonicalization: signing.canonicalization ?? 'relaxed/relaxed',
    ...(signing.signed === undefined ? {} : { signTime: new Date(signing.signed) }),
    ...(signing.expires === undefined ? {} : { expires: new Date(signing.expires) }),
    signatureData: [
      {
        signingDomain: domain,
        selector,
        privateKey,
        algorithm,
        ...(signing.length === undefined ? {} : { maxBodyLength: signing.length }),
        ...(signing.headerList === undefined ? {} : { headerList: signing.headerList }),
      },
    ],
    ...(signing.headerList === undefined ? {} : { headerList: signing.headerList }),
  })
  if (signatures === '') throw new Error(`not signed: ${errors.map(({ err }) => err.message).join('; ')}`)
  records.set(`${selector}._domainkey.${domain}`, { TXT: [record] })
  return Buffer.concat([Buffer.from(`${signatures.trimEnd()}\r\n`), raw])
}

export interface Sealing {
  readonly domain: string
  readonly selector?: string
  /** After `i=N; `: authserv-id and results. */
  readonly results: string
  readonly cv?: 'none' | 'pass' | 'fail'
}

/** Puts one more ARC set at the top. */
export async function seal(
  raw: Buffer,
  { domain, selector = 'arc', results, cv }: Sealing,
  records: Map<string, DnsRecords>,
): Promise<Buffer> {
  const { privateKey, record } = keyPair()
  const fields = await sealMessage(raw, {
    signingDomain: domain,
    selector,
    privateKey,
    authResults: results,
    cv: cv ?? (/^arc-seal:/im.test(raw.toString('latin1')) ? 'pass' : 'none'),
  })
  if (fields.length === 0) throw new Error('not sealed')
  records.set(`${selector}._domainkey.${domain}`, { TXT: [record] })
  return Buffer.concat([fields, raw])
}

/** A resolver out of records, as node:dns answers. `fail`: codes by name. */
export function mapResolver(
  records: ReadonlyMap<string, DnsRecords>,
  fail: Readonly<Record<string, string>> = {},
): (name: string, type: string) => Promise<unknown[]> {
  return async (name, type) => {
    const key = name.toLowerCase().replace(/\.$/, '')
    const code = fail[key] ?? (records.has(key) ? 'ENODATA' : 'ENOTFOUND')
    const found = fail[key] === undefined ? records.get(key)?.[type as 'TXT'] : undefined
    if (found === undefined) throw Object.assign(new Error(`${code} ${key}`), { code })
    return type === 'TXT' ? found.map(text => (typeof text === 'string' ? [text] : [...text])) : [...found]
  }
}

const domainOf = (from: string): string => from.slice(from.lastIndexOf('@') + 1).replace(/>.*$/, '')
