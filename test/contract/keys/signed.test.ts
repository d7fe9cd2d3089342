import { Buffer } from 'node:buffer'
import { mintSignedKey, signedKeys } from '../../../src/keys/signed.ts'
import { keyVerifierContract } from './suite.ts'

const secret = Buffer.alloc(32, 7)
const place = { mailbox: 'incoming', route: 'reply' }
const at = Date.parse('2027-01-01T00:00:00Z')

keyVerifierContract(
  'signed keys',
  async () => ({
    verifier: signedKeys({ secrets: new Map([[1, secret]]) }),
    valid: { key: mintSignedKey({ ...place, secret, keyId: 1, subject: 'ticket-42' }), claims: { subject: 'ticket-42', keyId: '1' } },
    expiring: {
      key: mintSignedKey({ ...place, secret, keyId: 1, subject: 'ticket-43', expires: at }),
      at,
      claims: { subject: 'ticket-43', keyId: '1', expires: at },
    },
    unknown: [
      'nobody',
      mintSignedKey({ ...place, secret: Buffer.alloc(32, 8), keyId: 1, subject: 'ticket-42' }),
      mintSignedKey({ ...place, secret, keyId: 2, subject: 'ticket-42' }),
      mintSignedKey({ ...place, route: 'comment', secret, keyId: 1, subject: 'ticket-42' }),
      mintSignedKey({ ...place, mailbox: 'other', secret, keyId: 1, subject: 'ticket-42' }),
    ],
    foldsCase: true,
  }),
  ['revoked', 'unavailable'],
)
