/** Answers of the authentication, for tests of what keeps and shows them. */
import type { Authentication } from '../../src/policy/authentication/answer.ts'

export const someSignature = (more: Partial<Authentication['dkim'][number]> = {}): Authentication['dkim'][number] => ({
  result: 'pass',
  domain: 'sender.example',
  selector: 's1',
  algorithm: 'rsa-sha256',
  counts: true,
  aligned: true,
  covers: ['from', 'to', 'subject', 'date'],
  signed: Date.UTC(2026, 0, 2, 3, 4, 0),
  expires: null,
  detail: '',
  ...more,
})

/** Everything passes. */
export const someAuthentication = (more: Partial<Authentication> = {}): Authentication => ({
  from: { address: 'jane@sender.example', domain: 'sender.example', authenticated: true, how: 'dkim' },
  mailFrom: { address: 'jane@sender.example', authenticated: true },
  spf: { result: 'pass', identity: 'mailfrom', domain: 'sender.example', detail: 'ip4:192.0.2.0/24', queries: 1 },
  dkim: [someSignature()],
  dmarc: { result: 'pass', policy: 'reject', domain: 'sender.example', organisation: 'sender.example', spfAligned: true, detail: '' },
  arc: { result: 'none', instance: 0, sealer: null, dmarc: null, detail: '' },
  unsigned: ['content-type'],
  signedRecipients: ['incoming+abc@incoming.example.com'],
  signatureAge: 5_900,
  machine: 'none',
  ...more,
})
