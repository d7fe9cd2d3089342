/** Verifiers to put behind others: a key file of their own each, one that is never there, and one that answers later. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { fileKeys } from '../../../src/keys/file.ts'
import type { KeyVerifier } from '../../../src/transaction/ports.ts'

const folder = mkdtempSync(join(tmpdir(), 'postern-keys-'))
afterAll(() => rmSync(folder, { recursive: true }))

const log = { debug() {}, info() {}, warn() {}, error() {} }

export async function stored(name: string, ...lines: readonly string[]): Promise<KeyVerifier> {
  const path = join(folder, name)
  writeFileSync(path, lines.map(line => `${line}\n`).join(''))
  return fileKeys({ path, log })
}

export const missing = (): Promise<KeyVerifier> => fileKeys({ path: join(folder, 'not-there'), log })

/** The same answers, as a promise. */
export const later = (verifier: KeyVerifier): KeyVerifier => ({ ...verifier, verify: async query => verifier.verify(query) })

export const goodKeys = ['GoodKey_AbC subject=42', 'passing expires=2027-01-01 subject=43', 'gone revoked']
export const passingUntil = Date.parse('2027-01-01T00:00:00Z')
