import { anyOf } from '../../../src/keys/any-of.ts'
import { patternKeys } from '../../../src/keys/pattern.ts'
import { goodKeys, later, missing, passingUntil, stored } from './stores.ts'
import { keyVerifierContract } from './suite.ts'

const pattern = patternKeys({ pattern: 'ticket-(?<subject>[0-9]{5})' })

for (const [how, as] of [
  ['at once', <T>(same: T): T => same],
  ['later', later],
] as const) {
  keyVerifierContract(`keys of any kind, answered ${how}`, async () => ({
    verifier: anyOf([pattern, as(await stored('empty')), as(await stored('keys', ...goodKeys)), pattern]),
    valid: { key: 'GoodKey_AbC', claims: { subject: '42' } },
    expiring: { key: 'passing', at: passingUntil, claims: { subject: '43', expires: passingUntil } },
    unknown: ['nobody', 'ticket-1234'],
    revoked: 'gone',
    unavailable: anyOf([pattern, as(await missing()), pattern]),
    foldsCase: false,
  }))
}
