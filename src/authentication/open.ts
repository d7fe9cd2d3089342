/**
 * The authenticator: SPF, DKIM, DMARC and ARC of mail, checked in threads by mailauth (transaction/ports.ts: Authenticator). Never
 * rejects: where there is no answer it says `temperror`, and somebody else decides whether that matters.
 */
import { unavailable, unavailableSpf } from '../policy/authentication/no-evidence.ts'
import type { Authenticator, MessageQuestion } from '../transaction/ports.ts'
import { copyMessage, sizeOf, smallMessage } from './octets.ts'
import { type AuthenticatorOptions, atOnce, patienceOf, threadsOf, weightOf } from './options.ts'
import { createPool } from './pool.ts'
import type { Job } from './task.ts'
import { workerFile } from './thread.ts'
import { pieceSize, window } from './wire.ts'

const noAnswer = 'the check was not made'

/** Resolves when the first thread is ready. Throws RangeError for a number of workers that is none. */
export async function openAuthenticator(options: AuthenticatorOptions): Promise<Authenticator> {
  const { workers, hostname, dns, log, clock } = options
  if (!Number.isSafeInteger(workers) || workers < 0) throw new RangeError(`workers must be a whole number from 0, not ${workers}`)
  const pool = createPool({
    threads: threadsOf(options),
    each: atOnce,
    patience: patienceOf(options),
    file: workerFile(),
    start: { hostname, dns },
    log,
  })
  await pool.ready()
  return {
    async spf(question) {
      const answer = await pool.run({ octets: null, weight: 1, begin: id => ({ request: { kind: 'spf', id, question }, transfer: [] }) })
      return answer?.kind === 'spf' ? answer.answer : unavailableSpf(question, noAnswer)
    },
    async message(question) {
      const answer = await pool.run(messageJob(question, clock()))
      return answer?.kind === 'message' ? answer.answer : unavailable(question, noAnswer)
    },
    close: pool.close,
  }
}

function messageJob({ octets, ...facts }: MessageQuestion, at: number): Job {
  const small = smallMessage(octets)
  return {
    octets: small === null ? octets : null,
    weight: weightOf(small === null ? window * pieceSize : sizeOf(small)),
    begin(id) {
      const whole = small === null ? null : copyMessage(small)
      return { request: { kind: 'message', id, facts: { ...facts, at }, octets: whole }, transfer: whole === null ? [] : [whole] }
    },
  }
}
