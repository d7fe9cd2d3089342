import { cached } from '../../../src/keys/cached.ts'
import { goodKeys, later, missing, passingUntil, stored } from './stores.ts'
import { keyVerifierContract, now } from './suite.ts'

const settings = { positive: 60_000, negative: 10_000, entries: 1_000, clock: () => now }

for (const [how, as] of [
  ['at once', <T>(same: T): T => same],
  ['later', later],
] as const) {
  keyVerifierContract(`keys remembered, answered ${how}`, async () => ({
    verifier: cached({ ...settings, verifier: as(await stored('keys', ...goodKeys)) }),
    valid: { key: 'GoodKey_AbC', claims: { subject: '42' } },
    expiring: { key: 'passing', at: passingUntil, claims: { subject: '43', expires: passingUntil } },
    unknown: ['nobody', 'GoodKey_Ab'],
    revoked: 'gone',
    unavailable: cached({ ...settings, verifier: as(await missing()) }),
    foldsCase: false,
  }))
}
