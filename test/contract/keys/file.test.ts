import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { fileKeys } from '../../../src/keys/file.ts'
import { keyVerifierContract } from './suite.ts'

const folder = mkdtempSync(join(tmpdir(), 'postern-keys-'))
afterAll(() => rmSync(folder, { recursive: true }))

const log = { debug() {}, info() {}, warn() {}, error() {} }
const at = Date.parse('2027-01-01T00:00:00Z')

keyVerifierContract('keys from a file', async () => {
  const path = join(folder, 'keys')
  const lines = ['GoodKey_AbC subject=42', 'passing expires=2027-01-01T00:00:00Z subject=43', 'gone expires=2030-01-01 revoked']
  writeFileSync(path, `# keys\n${lines.join('\n')}\n`)
  return {
    verifier: await fileKeys({ path, log }),
    valid: { key: 'GoodKey_AbC', claims: { subject: '42' } },
    expiring: { key: 'passing', at, claims: { subject: '43', expires: at } },
    unknown: ['nobody', 'GoodKey_Ab', '#', 'GoodKey_AbC subject=42', 'subject=42'],
    revoked: 'gone',
    unavailable: await fileKeys({ path: join(folder, 'not-there'), log }),
    foldsCase: false,
  }
})
