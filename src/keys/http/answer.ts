/**
 * What an application's answer says of a key (docs/keys.md): status 200, JSON, and an explicit verdict, or it is no answer.
 * An error page, a missing route or a proxy's greeting must never look like a key that isn't there.
 */
import type { KeyCheck } from '../../transaction/ports.ts'
import { unavailable } from '../gate.ts'
import { judgeRecord } from '../record.ts'

export interface HttpAnswer {
  readonly status: number
  /** As the field has it; '' where there is none. */
  readonly contentType: string
  readonly body: Uint8Array
}

const json = /^application\/(?:[\w!#$&^.+-]+\+)?json[ \t]*(?:;|$)/i

/** `at`: when the key must be good, in milliseconds since 1970. Never throws. */
export function judgeAnswer({ status, contentType, body }: HttpAnswer, at: number): KeyCheck {
  if (status !== 200) return unavailable(`the application answered ${status}, not 200${hints[status] ?? ''}`)
  if (!json.test(contentType))
    return unavailable(`the application answered with ${contentType === '' ? 'no content type' : 'another content type than JSON'}`)
  const answer = parse(body)
  if (answer === undefined) return unavailable('the application’s answer is not JSON')
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer))
    return unavailable('the application’s answer is not a JSON object')
  return judgeVerdict(answer as Record<string, unknown>, at)
}

const hints: Readonly<Record<number, string>> = {
  301: ': redirects are not followed, configure the final URL',
  302: ': redirects are not followed, configure the final URL',
  307: ': redirects are not followed, configure the final URL',
  308: ': redirects are not followed, configure the final URL',
  401: ': check the secret on both sides',
  403: ': check the secret and the access rules in front of it',
  404: ': check the URL; an unknown key is a 200 with a verdict',
  405: ': the URL takes no POST',
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(body))
  } catch {
    return undefined
  }
}

function judgeVerdict(answer: Record<string, unknown>, at: number): KeyCheck {
  if (answer.verdict === 'valid') return judgeRecord(answer, at)
  if (answer.verdict === 'unknown') return { kind: 'unknown' }
  if (answer.verdict === 'revoked') return { kind: 'revoked' }
  if (answer.verdict !== 'expired') return unavailable('the application’s answer has no verdict: valid, unknown, expired or revoked')
  // Without a time it expired long ago: so the grace for mail that waited in a relay's queue never lets it in.
  if (answer.expired === undefined || answer.expired === null) return { kind: 'expired', expired: 0 }
  // Whatever the time is, it has passed by the end of time: what is left is to read it.
  const expired = judgeRecord({ expires: answer.expired }, Number.POSITIVE_INFINITY)
  // Whom it was bound to counts for mail that a relay took while it was good.
  const told = judgeRecord({ subject: answer.subject, senders: answer.senders }, 0)
  if (expired.kind !== 'expired' || told.kind === 'unavailable') return expired.kind === 'expired' ? told : expired
  return told.kind === 'valid' && Object.keys(told.claims).length > 0 ? { ...expired, claims: told.claims } : expired
}
