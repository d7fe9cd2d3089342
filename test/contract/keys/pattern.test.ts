import { patternKeys } from '../../../src/keys/pattern.ts'
import { keyVerifierContract } from './suite.ts'

const at = Date.parse('2027-01-01T00:00:00Z')

keyVerifierContract(
  'keys by their grammar',
  async () => ({
    verifier: patternKeys({ pattern: '(?<subject>GoodKey)_AbC|until-(?<expires>\\d{10})' }),
    valid: { key: 'GoodKey_AbC', claims: { subject: 'GoodKey' } },
    expiring: { key: `until-${at / 1000}`, at, claims: { expires: at } },
    unknown: ['GoodKey_Ab', 'xGoodKey_AbC', 'GoodKey_AbC\n', 'until-', 'until-179876160', 'goodkey_abc'],
    foldsCase: false,
  }),
  ['revoked', 'unavailable'],
)

keyVerifierContract(
  'keys by their grammar, in any case',
  async () => ({
    verifier: patternKeys({ pattern: '(?i)goodkey_abc|until-(?<expires>\\d{4}-\\d\\d-\\d\\dT00:00:00Z)' }),
    valid: { key: 'GoodKey_AbC', claims: {} },
    expiring: { key: 'until-2027-01-01t00:00:00z', at, claims: { expires: at } },
    unknown: ['GoodKey_Ab', 'until-2027-01-32T00:00:00Z'],
    foldsCase: true,
  }),
  ['revoked', 'unavailable'],
)
