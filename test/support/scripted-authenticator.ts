/** An Authenticator that says what a test wants, and remembers what it was asked. For tests of what stands behind it. */
import type { DkimSignature, MessageEvidence, Spf } from '../../src/policy/authentication/evidence.ts'
import { noSpf } from '../../src/policy/authentication/evidence.ts'
import type { Authenticator, MessageQuestion, SpfQuestion } from '../../src/transaction/ports.ts'
import { uncheckedMessage } from './evidence.ts'

export interface ScriptedAuthenticator extends Authenticator {
  readonly asked: { readonly spf: SpfQuestion[]; readonly message: MessageQuestion[] }
}

export interface Script {
  readonly spf?: Spf | Error
  readonly message?: MessageEvidence | Error
}

const answered = async <T>(answer: T | Error): Promise<T> => {
  if (answer instanceof Error) throw answer
  return answer
}

export function scriptedAuthenticator({ spf = noSpf, message = uncheckedMessage }: Script = {}): ScriptedAuthenticator {
  const asked = { spf: [] as SpfQuestion[], message: [] as MessageQuestion[] }
  return {
    asked,
    spf: question => {
      asked.spf.push(question)
      return answered(spf)
    },
    message: question => {
      asked.message.push(question)
      return answered(message)
    },
    close: async () => undefined,
  }
}

/** Of `example.org`, good. */
export const goodSignature: DkimSignature = {
  result: 'pass',
  domain: 'example.org',
  selector: 's',
  algorithm: 'rsa-sha256',
  counts: true,
  aligned: true,
  covers: ['from', 'subject', 'to'],
  signed: null,
  expires: null,
  detail: '',
}

const policy = { domain: 'example.org', organisation: 'example.org', policy: 'reject', spfAligned: false, detail: '' } as const

/** The author is authenticated. */
export const genuine: MessageEvidence = { ...uncheckedMessage, dkim: [goodSignature], dmarc: { ...policy, result: 'pass' } }
/** Somebody else wrote it, and the domain asks for reject. */
export const forged: MessageEvidence = { ...uncheckedMessage, dmarc: { ...policy, result: 'fail' } }
/** The DNS gave no answer. */
export const unknown: MessageEvidence = { ...uncheckedMessage, dmarc: { ...policy, policy: null, result: 'temperror' } }

export const spfPass: Spf = { ...noSpf, result: 'pass', domain: 'example.org' }
export const spfFail: Spf = { ...noSpf, result: 'fail', domain: 'example.org' }
