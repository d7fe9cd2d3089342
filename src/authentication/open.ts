/**
 * The authenticator: SPF, DKIM, DMARC and ARC of mail, checked in threads by mailauth (transaction/ports.ts: Authenticator). Never
 * rejects: where there is no answer it says `temperror`, and somebody else decides whether that matters.
 */
import type { Dmarc, MessageEvidence, Spf } from '../policy/authentication/evidence.ts'
import type { Authenticator, MessageQuestion, SpfQuestion } from '../transaction/ports.ts'
import { copyMessage, smallMessage } from './octets.ts'
import { type AuthenticatorOptions, checksAtOnce, patienceOf, threadsOf } from './options.ts'
import { createPool } from './pool.ts'
import type { Job } from './task.ts'
import { workerFile } from './thread.ts'

/** Resolves when the first thread is ready. Throws RangeError for a number of workers that is none. */
export async function openAuthenticator(options: AuthenticatorOptions): Promise<Authenticator> {
  const { workers, hostname, dns, log, clock } = options
  if (!Number.isSafeInteger(workers) || workers < 0) throw new RangeError(`workers must be a whole number from 0, not ${workers}`)
  const pool = createPool({
    threads: threadsOf(options),
    each: checksAtOnce,
    patience: patienceOf(options),
    file: workerFile(),
    start: { hostname, dns },
    log,
  })
  await pool.ready()
  return {
    async spf(question) {
      const answer = await pool.run({ octets: null, begin: id => ({ request: { kind: 'spf', id, question }, transfer: [] }) })
      return answer?.kind === 'spf' ? answer.answer : unknownSpf(question)
    },
    async message(question) {
      const answer = await pool.run(messageJob(question, clock()))
      return answer?.kind === 'message' ? answer.answer : unknownMessage(question)
    },
    close: pool.close,
  }
}

function messageJob({ octets, ...facts }: MessageQuestion, at: number): Job {
  const small = smallMessage(octets)
  return {
    octets: small === null ? octets : null,
    begin(id) {
      const whole = small === null ? null : copyMessage(small)
      return { request: { kind: 'message', id, facts: { ...facts, at }, octets: whole }, transfer: whole === null ? [] : [whole] }
    },
  }
}

const noAnswer = 'the check was not made'

const unknownSpf = ({ sender, helo }: SpfQuestion): Spf => ({
  result: 'temperror',
  identity: sender === '' ? 'helo' : 'mailfrom',
  domain: (sender === '' ? (helo ?? '') : sender.slice(sender.lastIndexOf('@') + 1)).toLowerCase(),
  detail: noAnswer,
  queries: 0,
})

function unknownMessage({ author, names }: MessageQuestion): MessageEvidence {
  const dmarc: Dmarc = {
    result: author.kind === 'one' ? 'temperror' : 'none',
    policy: null,
    domain: null,
    organisation: null,
    spfAligned: false,
    detail: noAnswer,
  }
  const arc = { result: 'none', instance: 0, sealer: null, dmarc: null, temporary: true, detail: noAnswer } as const
  return { dkim: [], unchecked: 0, dmarc, arc, names: [], ...(names ? { namesTemporary: true } : {}), queries: 0 }
}
