/**
 * mailauth's DKIM verifier, given what its stream would find out octet by octet: the header as rows, and the body in pieces with its
 * own hashes (body-hash.ts). Shown only the signatures that are to be checked, while all fields stay in place for what they sign.
 * A test holds it to dkimVerify's results. Strict (RFC 6376 6.1.1), but for key records (keys.ts).
 */
import { createBodyHash } from './body-hash.ts'
import { bounds } from './bounds.ts'
import { readableField } from './fields.ts'
import type { Head } from './head.ts'
import { createKeyCache, type KeptKeys, type MessageKeys } from './keys.ts'
import {
  type ArcChain,
  type BodyHash,
  DkimVerifier,
  type HeaderRow,
  type MailauthResolver,
  type SignatureField,
  type SignatureResult,
} from './mailauth.ts'

export interface VerifierParts {
  readonly resolve: MailauthResolver
  readonly keys: KeptKeys
  /** Milliseconds since 1970. */
  readonly at: number
}

class Verifier extends DkimVerifier {
  readonly messageKeys: MessageKeys

  constructor({ resolve, keys, at }: VerifierParts) {
    super({ resolver: resolve, strict: true, minBitLength: bounds.leastBits, rejectRsaSha1: true, curTime: new Date(at) })
    this.messageKeys = createKeyCache(resolve, keys)
    this.keyCache = this.messageKeys
    this.arc.keyCache = this.messageKeys
  }

  addBodyHash(canonicalization: string, algorithm: string, most: number | ''): string {
    const name = [canonicalization, algorithm, most].join(':')
    if (!this.bodyHashes.has(name)) this.bodyHashes.set(name, createBodyHash(canonicalization, algorithm, most))
    return name
  }
}

export interface Verification {
  readonly arc: ArcChain
  readonly results: readonly SignatureResult[]
  readonly keys: MessageKeys
  /** DKIM-Signature fields as they are checked, and the newest ARC-Message-Signature behind them. */
  readonly signatures: readonly SignatureField[]
  /** Nothing signs the body. */
  readonly bodiless: boolean
  /** A piece of the body, with lines that end in CRLF. */
  body(piece: Uint8Array): void
  end(): Promise<void>
}

/** `rows`: the DKIM-Signature fields to be checked, and all ARC fields. */
export async function beginVerification(head: Head, rows: readonly HeaderRow[], parts: VerifierParts): Promise<Verification> {
  const verifier = new Verifier(parts)
  const written = new Map<Buffer, Buffer>()
  const shown = rows.map(({ key, casedKey, line }) => {
    const readable = readableField(line)
    written.set(readable, line)
    return { key, casedKey, line: readable }
  })
  await verifier.messageHeaders({ parsed: shown, original: head.original })
  verifier.headers = head
  for (const signature of verifier.signatureHeaders) {
    signature.original = written.get(signature.original) ?? signature.original
    limitNames(signature)
  }
  const hashes: readonly BodyHash[] = [...verifier.bodyHashes.values()]
  return {
    arc: verifier.arc,
    results: verifier.results,
    keys: verifier.messageKeys,
    signatures: verifier.signatureHeaders,
    bodiless: hashes.length === 0,
    body(piece) {
      for (const hash of hashes) hash.update(piece)
    },
    end: () => verifier.finalChunk(),
  }
}

/** Each name in h= is looked for among all fields, whatever else is wrong with the signature. */
function limitNames(signature: SignatureField): void {
  const names = signature.parsed.h
  if (names === undefined || countNames(String(names.value)) <= bounds.names) return
  signature.invalid = tooManyNames
  Object.assign(signature.parsed, { h: { value: '' } })
}
export const tooManyNames = 'too many names in h='

function countNames(list: string): number {
  let count = 1
  for (let at = list.indexOf(':'); at >= 0; at = list.indexOf(':', at + 1)) count++
  return count
}
