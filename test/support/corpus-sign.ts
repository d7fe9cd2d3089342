/**
 * Signs messages of the corpus: DKIM (RFC 6376, RFC 8463) and ARC sets (RFC 8617), right and, where told, wrong. Written from
 * the RFCs and not with the library that verifies, so that neither can hide the other's mistakes. For test keys only.
 */
import { createHash, createPublicKey, sign as signOctets } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'

export const corpusFolder = path.join(import.meta.dirname, '..', 'messages', 'authentication')

export type KeyName = 'rsa512' | 'rsa768' | 'rsa1024' | 'rsa2048' | 'rsa4096' | 'other2048' | 'ed25519'
const keys = (): Record<KeyName, string> => JSON.parse(readFileSync(path.join(corpusFolder, 'keys.json'), 'utf8'))

/** What stands at p= in the DNS: SubjectPublicKeyInfo, or the 32 octets of an Ed25519 key (RFC 8463 4.2). */
export function publicKey(name: KeyName): string {
  const der = createPublicKey(keys()[name]).export({ type: 'spki', format: 'der' })
  return (name === 'ed25519' ? der.subarray(-32) : der).toString('base64')
}

export interface Signing {
  readonly d: string
  readonly s?: string
  readonly key?: KeyName
  readonly a?: 'rsa-sha256' | 'rsa-sha1' | 'ed25519-sha256'
  /** h=, as it is to stand there. */
  readonly h?: string
  readonly c?: 'relaxed/relaxed' | 'simple/simple'
  /** Seconds since 1970; null: no t=. */
  readonly t?: number | null
  readonly x?: number
  readonly l?: number
  readonly i?: string
}

/** 2026-03-01T12:00:00Z. */
export const signedAt = 1_772_366_400
const usual = 'from:to:subject:date:message-id:mime-version:content-type'

/** `message` with a DKIM-Signature before it. */
export function dkim(message: string, signing: Signing): string {
  const { d, s = 'rsa2048', a = s === 'ed25519' ? 'ed25519-sha256' : 'rsa-sha256', t = signedAt, c = 'relaxed/relaxed' } = signing
  const tags = [`v=1; a=${a}; c=${c}; d=${d}; s=${s}`]
  if (signing.i !== undefined) tags.push(`i=${signing.i}`)
  if (t !== null) tags.push(`t=${t}`)
  if (signing.x !== undefined) tags.push(`x=${signing.x}`)
  if (signing.l !== undefined) tags.push(`l=${signing.l}`)
  return `${signedField({ name: 'DKIM-Signature', tags: tags.join('; '), message, signing: { ...signing, s, a, c } })}${message}`
}

export interface Sealing extends Signing {
  /** The number of the set. */
  readonly n: number
  readonly cv?: 'none' | 'pass' | 'fail'
  /** Value of ARC-Authentication-Results after "i=N; ". */
  readonly results: string
}

/** `message` with an ARC set before it. */
export function arc(message: string, sealing: Sealing): string {
  const { n, d, s = 'rsa2048', key = s as KeyName, cv = n === 1 ? 'none' : 'pass', t = signedAt } = sealing
  const results = `ARC-Authentication-Results: i=${n}; ${sealing.results}\r\n`
  const ams = signedField({
    name: 'ARC-Message-Signature',
    tags: `i=${n}; a=rsa-sha256; c=relaxed/relaxed; d=${d}; s=${s}; t=${t}${sealing.l === undefined ? '' : `; l=${sealing.l}`}`,
    message,
    signing: { ...sealing, s, key, a: 'rsa-sha256', c: 'relaxed/relaxed' },
  })
  const bare = `ARC-Seal: i=${n}; a=rsa-sha256; t=${t}; cv=${cv}; d=${d}; s=${s};\r\n\tb=`
  // RFC 8617 5.1.1, 5.1.2: all sets in their order, or where the chain has failed this one alone.
  const earlier = cv === 'fail' ? [] : sets(message, n)
  const signed = [...earlier, results, ams].map(relaxedField).join('\r\n')
  const seal = makeSignature(`${signed}\r\n${relaxedField(bare)}`, { a: 'rsa-sha256', key })
  return `${bare}${folded(seal)}\r\n${ams}${results}${message}`
}

function sets(message: string, below: number): readonly string[] {
  const fields = headerOf(message)
  const find = (name: string, n: number) =>
    fields.filter(field => field.toLowerCase().startsWith(`${name}:`) && new RegExp(`^[^:]+:\\s*i=${n};`).test(field))
  return Array.from({ length: below - 1 }, (_, i) => i + 1).flatMap(n =>
    ['arc-authentication-results', 'arc-message-signature', 'arc-seal'].flatMap(name => find(name, n)),
  )
}

interface SignedField {
  readonly name: string
  readonly tags: string
  readonly message: string
  readonly signing: Signing & { readonly a: NonNullable<Signing['a']>; readonly c: NonNullable<Signing['c']> }
}

function signedField({ name, tags, message, signing }: SignedField): string {
  const { a, c, h = usual, s, key = s as KeyName } = signing
  const body = c === 'relaxed/relaxed' ? relaxedBody(bodyOf(message)) : simpleBody(bodyOf(message))
  const octets = Buffer.from(body).subarray(0, signing.l)
  const bh = createHash(a === 'rsa-sha1' ? 'sha1' : 'sha256')
    .update(octets)
    .digest('base64')
  const bare = `${name}: ${tags};\r\n\th=${h};\r\n\tbh=${bh};\r\n\tb=`
  const plain = c === 'relaxed/relaxed' ? relaxedField : (field: string) => field.replace(/\r\n$/, '')
  const signed = [...chosen(message, h).map(plain), plain(bare)].join('\r\n')
  return `${bare}${folded(makeSignature(signed, { a, key }))}\r\n`
}

/** RFC 6376 5.4.2: of several fields of a name the last first; a name without a field left stands for nothing. */
function chosen(message: string, h: string): readonly string[] {
  const left = [...headerOf(message)]
  return h.split(':').flatMap(name => {
    const at = left.findLastIndex(field => field.slice(0, field.indexOf(':')).trim().toLowerCase() === name.trim().toLowerCase())
    return at < 0 ? [] : left.splice(at, 1)
  })
}

function makeSignature(text: string, { a, key }: { readonly a: NonNullable<Signing['a']>; readonly key: KeyName }): string {
  const octets = Buffer.from(text)
  const pem = keys()[key]
  // RFC 8463 3: Ed25519 signs the hash.
  if (a === 'ed25519-sha256') return signOctets(null, createHash('sha256').update(octets).digest(), pem).toString('base64')
  return signOctets(a === 'rsa-sha1' ? 'sha1' : 'sha256', octets, pem).toString('base64')
}

const folded = (text: string): string => text.match(/.{1,72}/g)!.join('\r\n\t ')

export const bodyOf = (message: string): string => message.slice(message.indexOf('\r\n\r\n') + 4)
/** The fields as they stand, each with its line ends. */
const headerOf = (message: string): readonly string[] =>
  message.slice(0, message.indexOf('\r\n\r\n') + 2).match(/[^\r\n].*\r\n(?:[ \t].*\r\n)*/g)!

/** RFC 6376 3.4.2, without the line end. */
function relaxedField(field: string): string {
  const colon = field.indexOf(':')
  const value = field
    .slice(colon + 1)
    .replace(/\r\n/g, '')
    .replace(/[ \t]+/g, ' ')
    .trim()
  return `${field.slice(0, colon).trim().toLowerCase()}:${value}`
}

const relaxedBody = (body: string): string => {
  const lines = body.split('\r\n').map(line => line.replace(/[ \t]+/g, ' ').replace(/ $/, ''))
  const text = lines.join('\r\n').replace(/(?:\r\n)+$/, '')
  return text === '' ? '' : `${text}\r\n`
}

const simpleBody = (body: string): string => `${body.replace(/(?:\r\n)+$/, '')}\r\n`
