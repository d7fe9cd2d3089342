import { afterAll } from 'vitest'
import { httpKeys } from '../../../src/keys/http.ts'
import { keysApplication } from '../../support/keys-application.ts'
import { freePort } from '../../support/ports.ts'
import { keyVerifierContract } from './suite.ts'

const log = { debug() {}, info() {}, warn() {}, error() {} }
const at = Date.parse('2027-01-01T00:00:00Z')
const limits = { timeout: 10_000, concurrency: 4, log }

const application = await keysApplication({
  GoodKey_AbC: { verdict: 'valid', subject: 42, senders: ['ann@example.net', 'example.org'] },
  passing: { verdict: 'valid', subject: '43', expires: '2027-01-01T01:00:00+01:00' },
  gone: { verdict: 'revoked' },
})
afterAll(() => application.kill())

keyVerifierContract('keys of an application', async () => {
  await application.start()
  return {
    verifier: httpKeys({ url: application.url, secret: application.secret, ...limits }),
    valid: { key: 'GoodKey_AbC', claims: { subject: '42', senders: ['ann@example.net', 'example.org'] } },
    expiring: { key: 'passing', at, claims: { subject: '43', expires: at } },
    unknown: ['nobody', 'GoodKey_Ab', '{"verdict":"valid"}', '"', '../keys'],
    revoked: 'gone',
    unavailable: httpKeys({ url: `http://127.0.0.1:${await freePort()}/keys`, ...limits }),
    foldsCase: false,
  }
})
