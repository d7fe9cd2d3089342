/** What the checks of a message may have found, for tests: nothing, but for what a test says. */
import { type Header, parseHeader } from '../../../../src/mail/header-fields.ts'
import type { Authentication } from '../../../../src/policy/authentication/answer.ts'
import type { Arc, DkimSignature, Dmarc, MessageEvidence, Spf } from '../../../../src/policy/authentication/evidence.ts'
import { type Facts, judge } from '../../../../src/policy/authentication/judge.ts'
import type { Trusted } from '../../../../src/policy/authentication/trust.ts'
import { uncheckedMessage } from '../../../support/evidence.ts'

export const header = (...fields: readonly string[]): Header =>
  parseHeader(new TextEncoder().encode(`${fields.map(field => `${field}\r\n`).join('')}\r\nText\r\n`))

export const spf = (more: Partial<Spf> = {}): Spf => ({
  ...{ result: 'none', identity: 'mailfrom', domain: 'author.example', detail: '', queries: 1 },
  ...more,
})

/** Passes, counts and is aligned, unless the test says otherwise. */
export const dkim = (more: Partial<DkimSignature> = {}): DkimSignature => ({
  ...{ result: 'pass', domain: 'author.example', selector: 's', algorithm: 'rsa-sha256', counts: true, aligned: true },
  ...{ covers: ['from', 'to', 'subject'], signed: 1000, expires: null, detail: '' },
  ...more,
})

/** Fails, with p=reject. */
export const dmarc = (more: Partial<Dmarc> = {}): Dmarc => ({
  ...{ result: 'fail', policy: 'reject', domain: 'author.example', organisation: 'author.example', spfAligned: false, detail: '' },
  ...more,
})

/** A whole chain whose sealer says that DMARC passed. */
export const arc = (more: Partial<Arc> = {}): Arc => ({
  ...{ result: 'pass', instance: 2, sealer: 'sealer.example', dmarc: { result: 'pass', from: 'author.example' }, detail: '' },
  ...more,
})

/** Of a message whose check was not made. */
export const busy = { author: { kind: 'one', address: 'writer@author.example', domain: 'author.example' }, names: true } as const

export const evidence = (more: Partial<MessageEvidence> = {}): MessageEvidence => ({ ...uncheckedMessage, ...more })

export const nobodyTrusted: Trusted = { sealers: [], forwarders: [], isForwarder: () => false }
export const trusting = (more: Partial<Trusted>): Trusted => ({ ...nobodyTrusted, ...more })

export const facts = (more: Partial<Facts> = {}): Facts => ({
  author: { kind: 'one', address: 'writer@author.example', domain: 'author.example' },
  sender: 'writer@author.example',
  spf: spf(),
  evidence: evidence(),
  header: header('From: writer@author.example', 'To: key@ours.example', 'Subject: Re: yours'),
  recipients: ['key@ours.example'],
  machine: 'none',
  received: 61_000,
  client: '192.0.2.1',
  trusted: nobodyTrusted,
  ...more,
})

export const answer = (more: Partial<Facts> = {}): Authentication => judge(facts(more))
