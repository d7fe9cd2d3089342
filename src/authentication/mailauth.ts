/**
 * The parts of mailauth that are used, and their types as far as they are relied on. The only file that loads it: by path, because
 * its entry point brings BIMI, MTA-STS and HTTP clients along, and because the verifier's own steps are called one by one
 * (verifier.ts). Everything else about mailauth is decided by its callers.
 */

import type { KeyObject } from 'node:crypto'
import { createRequire } from 'node:module'

/** A DNS look-up as mailauth makes it; `type` is TXT, A, AAAA, MX, PTR or CNAME. */
export type MailauthResolver = (name: string, type: string) => Promise<unknown[]>

export interface HeaderRow {
  /** Lower case; null for a row that starts with a colon. */
  readonly key: string | null
  readonly casedKey: string | undefined
  /** The field as it stands, folds included, without the last line end. */
  readonly line: Buffer
}

export interface HeaderRows {
  readonly parsed: readonly HeaderRow[]
  readonly original: Buffer
}

interface Tag {
  readonly value: string | number
}

/** A DKIM-Signature or ARC field taken apart. `invalid` and `skip` say why it isn't verified. */
export interface SignatureField {
  readonly type: 'DKIM' | 'ARC'
  readonly parsed: Record<string, Tag | undefined>
  original: Buffer
  readonly signingDomain?: string
  readonly selector?: string
  readonly algorithm?: string
  readonly hashAlgo?: string
  readonly timestamp?: Date | null
  readonly expiration?: Date | null
  invalid?: string
  readonly skip?: string
}

export interface ArcSet {
  readonly messageSignature?: SignatureResult
  readonly i: number
  readonly 'arc-seal': SignatureField
  readonly 'arc-message-signature': SignatureField
  readonly 'arc-authentication-results': { original: Buffer }
}

export interface ArcChain {
  readonly chain: readonly ArcSet[] | false
  readonly lastEntry?: ArcSet
  readonly error?: Error
  keyCache: KeyCache
}

export interface KeyRecord {
  publicKey: string | KeyObject
  readonly modulusLength?: number
  readonly keyType: string
}

interface KeyOptions {
  readonly strict?: boolean
  readonly hashAlgo?: string
}

export interface KeyCache {
  readonly resolver: MailauthResolver
  get(type: string, name: string, minBitLength: number | undefined, options?: KeyOptions): Promise<KeyRecord>
}

export interface SignatureResult {
  readonly status: {
    readonly result: string
    readonly comment?: string
    readonly testing?: boolean
    /** Octets of the body behind l=. */
    readonly underSized?: number
    readonly policy?: Readonly<Record<string, string>>
  }
}

export interface BodyHash {
  hash?: string
  readonly byteLength: number
  readonly canonicalizedLength: number
  readonly bodyHashedBytes: number
  update(chunk: Uint8Array): void
  digest(encoding: 'base64'): string
  setContentType(type: unknown): void
  getMimeStructureStart(): number
}

export interface Verifier {
  headers: HeaderRows | false
  keyCache: KeyCache
  readonly arc: ArcChain
  readonly signatureHeaders: readonly SignatureField[]
  readonly bodyHashes: Map<string, BodyHash>
  readonly results: readonly SignatureResult[]
  messageHeaders(headers: HeaderRows): Promise<void>
  nextChunk(chunk: Uint8Array): Promise<void>
  finalChunk(): Promise<void>
}

interface VerifierOptions {
  readonly resolver: MailauthResolver
  readonly strict: boolean
  readonly minBitLength: number
  readonly rejectRsaSha1: boolean
  readonly curTime: Date
}

export interface DmarcAnswer {
  readonly response:
    | false
    | {
        readonly status: { readonly result: string; readonly comment?: string }
        readonly domain?: string
        readonly policyDomain?: string
        readonly policy?: string
        readonly error?: string
        readonly alignment?: { readonly spf: { readonly result?: string } }
        /** Null where the organisational domain is not known. Hidden. */
        readonly orgRecord?: object | false | null
      }
  readonly reason?: string
  /** Signing domains that are aligned. */
  readonly dkimAligned?: ReadonlySet<string>
}

export interface DmarcQuestion {
  readonly headerFrom: readonly string[]
  readonly fromFields: number
  readonly spfDomains: readonly { readonly domain: string }[]
  readonly dkimDomains: readonly { readonly domain: string }[]
  readonly resolver: MailauthResolver
  readonly strict: boolean
}

export interface SpfAnswer {
  readonly domain: string
  readonly status: { readonly result: string; readonly comment?: string }
}

export interface SpfOptions {
  readonly sender: string
  readonly ip: string
  readonly helo: string
  readonly mta: string
  readonly resolver: MailauthResolver
  readonly strict: boolean
  readonly maxElapsedTime: number
}

const load = createRequire(import.meta.url)

export const { DkimVerifier } = load('mailauth/lib/dkim/dkim-verifier.js') as { DkimVerifier: new (options: VerifierOptions) => Verifier }

export const { arc: verifyArc } = load('mailauth/lib/arc/index.js') as {
  arc(
    chain: ArcChain,
    options: { readonly resolver: MailauthResolver; readonly minBitLength: number; readonly strict: boolean },
  ): Promise<{ readonly status: { readonly result: string; readonly comment?: string } }>
}

export const { evaluateDmarc } = load('mailauth/lib/dmarc/verify.js') as { evaluateDmarc(question: DmarcQuestion): Promise<DmarcAnswer> }

export const { spf: verifySpf } = load('mailauth/lib/spf/index.js') as { spf(options: SpfOptions): Promise<SpfAnswer> }

export const { getPublicKey, parseDkimHeaders, formatDomain, parseHeaders } = load('mailauth/lib/tools.js') as {
  getPublicKey(
    type: string,
    name: string,
    minBitLength: number | undefined,
    resolver: MailauthResolver,
    options: KeyOptions,
  ): Promise<KeyRecord>
  parseDkimHeaders(line: Buffer, options: { readonly strict: boolean }): SignatureField
  /** Lower case A-labels, no final dot. */
  formatDomain(domain: string): string
  parseHeaders(octets: Buffer): HeaderRows
}
