import { allOf } from '../../../src/keys/all-of.ts'
import { not } from '../../../src/keys/not.ts'
import { patternKeys } from '../../../src/keys/pattern.ts'
import { goodKeys, later, missing, passingUntil, stored } from './stores.ts'
import { keyVerifierContract } from './suite.ts'

const anything = patternKeys({ pattern: '(?s).*' })

for (const [how, as] of [
  ['at once', <T>(same: T): T => same],
  ['later', later],
] as const) {
  keyVerifierContract(`keys of every kind, answered ${how}`, async () => ({
    verifier: allOf([anything, as(await stored('keys', ...goodKeys, 'withdrawn')), not(as(await stored('set', 'withdrawn')))]),
    valid: { key: 'GoodKey_AbC', claims: { subject: '42' } },
    expiring: { key: 'passing', at: passingUntil, claims: { subject: '43', expires: passingUntil } },
    unknown: ['nobody', 'GoodKey_Ab'],
    revoked: 'withdrawn',
    unavailable: allOf([anything, not(as(await missing()))]),
    foldsCase: false,
  }))
}

keyVerifierContract(
  'keys in any case that are in no set',
  async () => ({
    verifier: allOf([patternKeys({ pattern: '(?i)goodkey_abc|gone|until-(?<expires>2027-01-01)' }), not(await stored('folded', 'gone'))]),
    valid: { key: 'GoodKey_AbC', claims: {} },
    expiring: { key: 'Until-2027-01-01', at: passingUntil, claims: { expires: passingUntil } },
    unknown: ['nobody'],
    revoked: 'GoNe',
    foldsCase: true,
  }),
  ['unavailable'],
)
