/** test/vectors/signed-keys.json, typed. Times in it are seconds since 1970. */
import { readFileSync } from 'node:fs'

export interface MintVector {
  readonly name: string
  readonly keyId: number
  readonly mailbox: string
  readonly route: string
  readonly subject: string
  readonly expires?: number
  readonly sender?: string
  readonly key: string
}

export interface VerifyVector {
  readonly name: string
  readonly mailbox: string
  readonly route: string
  readonly at: number
  readonly key: string
  readonly result: 'valid' | 'unknown' | 'expired'
  readonly subject?: string
  readonly keyId?: string
  readonly expires?: number
}

interface Vectors {
  readonly secrets: Readonly<Record<string, string>>
  readonly mint: readonly MintVector[]
  readonly verify: readonly VerifyVector[]
}

export const vectors: Vectors = JSON.parse(readFileSync('test/vectors/signed-keys.json', 'utf8'))

export const secrets: ReadonlyMap<string, Uint8Array> = new Map(
  Object.entries(vectors.secrets).map(([id, text]) => [id, Buffer.from(text, 'base64')]),
)
