/**
 * Keys that the application itself knows: each is asked for with one HTTP POST (docs/keys.md). Connections are kept, so many
 * questions are under way at once, no redirect is followed, and only an explicit verdict is an answer. It calls no URL but
 * the operator's, and never throws for an answer: an application that is down, slow or confused is `unavailable`.
 */
import { Pool } from 'undici'
import { parseSecret } from '../lib/standard-webhooks.ts'
import type { KeyQuery, KeyVerifier, Log } from '../transaction/ports.ts'
import { askable } from './askable.ts'
import { type Asked, createGate, messageOf, unavailable } from './gate.ts'
import { type HttpAnswer, judgeAnswer } from './http/answer.ts'
import { makeQuestion, type Question } from './http/question.ts'

export interface HttpKeysOptions {
  readonly url: string
  /** `whsec_` and base64 of 24 to 64 octets; without it questions are not signed. */
  readonly secret?: string | undefined
  /** Milliseconds for the whole question. */
  readonly timeout: number
  /** Questions, and connections, at once. */
  readonly concurrency: number
  readonly log: Log
}

/** A verdict takes few octets; what is longer is no answer. */
const maxAnswerOctets = 64 * 1024

interface Target {
  readonly pool: Pool
  readonly path: string
}

/** Asks nobody before the first key. Throws an Error that names what is wrong with the options, never the secret. */
export function httpKeys({ url: text, secret: written, timeout, concurrency, log }: HttpKeysOptions): KeyVerifier {
  const problem = httpUrlProblem(text)
  if (problem !== null) throw new Error(problem)
  const url = new URL(text)
  const secret = written === undefined ? null : parseSecret(written)
  // The path may hold a token: only the origin is ever named.
  const gate = createGate({ store: `the application at ${url.origin}`, concurrency, timeout, log })
  const target = { pool: openPool(url.origin, { concurrency, timeout }), path: url.pathname + url.search }
  return {
    verify: query =>
      askable(query.key) ? gate.ask(signal => ask(target, { query, question: makeQuestion(query, secret, Date.now()), signal })) : unknown,
    async close() {
      gate.close()
      await target.pool.destroy()
    },
  }
}

/** Null where `text` can be asked, else what is wrong with it. */
export function httpUrlProblem(text: string): string | null {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol)) return 'the URL that is asked for keys begins with http:// or https://'
  return url.username !== '' || url.password !== ''
    ? 'a URL that is asked for keys can’t hold a name and password: use a secret instead'
    : null
}

const unknown = Object.freeze({ kind: 'unknown' } as const)

const openPool = (origin: string, { concurrency, timeout }: { concurrency: number; timeout: number }): Pool =>
  new Pool(origin, {
    connections: concurrency,
    pipelining: 1,
    allowH2: false,
    connect: { timeout },
    // The gate's time-out holds for the whole question, so undici's apply nowhere.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxResponseSize: maxAnswerOctets,
    keepAliveTimeout: 4_000,
  })

interface Call {
  readonly query: KeyQuery
  readonly question: Question
  readonly signal: AbortSignal
}

async function ask(target: Target, call: Call): Promise<Asked> {
  try {
    const answer = await post(target, call).catch((error: unknown) => {
      // The application may close a kept connection just when we use it; asking the same again changes nothing.
      if (call.signal.aborted || !wasCutOff(error)) throw error
      return post(target, call)
    })
    return { check: judgeAnswer(answer, call.query.at), lost: false }
  } catch (error) {
    return {
      check: unavailable(`no answer from the application: ${messageOf(error)}`),
      lost: codeOf(error) !== 'UND_ERR_RES_EXCEEDED_MAX_SIZE',
    }
  }
}

async function post({ pool, path }: Target, { question, signal }: Call): Promise<HttpAnswer> {
  const { statusCode, headers, body } = await pool.request({ method: 'POST', path, ...question, signal })
  const contentType = [headers['content-type']].flat()[0] ?? ''
  return { status: statusCode, contentType, body: new Uint8Array(await body.arrayBuffer()) }
}

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : null)
const wasCutOff = (error: unknown): boolean => ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'].includes(String(codeOf(error)))
