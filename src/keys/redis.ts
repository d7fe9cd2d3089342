/**
 * Keys kept in Redis by the application: a Redis key for each key, or one set or hash of all. One look-up a question, and
 * nothing is ever written. Whatever is not a plain answer (a server that is down, hangs, loads, refuses) is `unavailable`:
 * only a server that was asked and has no such key makes a key unknown.
 */
import type { Redis } from 'ioredis'
import { messageOf } from '../lib/redis/client.ts'
import { connectRedis, type RedisOptions } from '../lib/redis/connect.ts'
import { createStateLog, type StateTexts } from '../lib/redis/state-log.ts'
import type { Store } from '../lib/redis/store.ts'
import type { KeyCheck, KeyQuery, KeyVerifier, Log } from '../transaction/ports.ts'
import { askable } from './askable.ts'
import { type LookUpKind, nameMaker } from './redis/template.ts'
import { judgeFound } from './redis/value.ts'

export { redisUrlProblem } from '../lib/redis/address.ts'
export { templateProblem } from './redis/template.ts'

export interface RedisKeysOptions extends RedisOptions {
  readonly lookUp: { readonly kind: LookUpKind; readonly template: string }
  /** Milliseconds for one question. */
  readonly timeout: number
  readonly log: Log
}

const texts: StateTexts = {
  down: 'keys can’t be checked: the store gives no answer',
  up: 'the key store answers again',
  refused: 'the key store refuses a question',
}
/** Errors about one name or one command: the server is well, and a peer may have caused them. */
const aboutTheQuestion = new Set(['WRONGTYPE', 'NOPERM', 'MOVED', 'ASK', 'CROSSSLOT'])

/** Connects in the background: a store that is down is told by the answers. Throws for options that can't be understood. */
export function redisKeys(options: RedisKeysOptions): KeyVerifier {
  const look = looker(options.lookUp)
  const store = connectRedis(options, {
    timeout: options.timeout,
    notices: server => createStateLog({ store: server }, texts, options.log),
    prove: client => tryOut(client, look),
    keeps: code => aboutTheQuestion.has(code),
  })
  return { verify: query => verify(store, look, query), close: () => store.close() }
}

type Look = (client: Redis, query: Pick<KeyQuery, 'key' | 'mailbox' | 'route'>) => Promise<Buffer | number | null>

function looker({ kind, template }: RedisKeysOptions['lookUp']): Look {
  const name = nameMaker(template, kind)
  if (kind === 'key') return (client, query) => client.getBuffer(name(query)).then(valueOrNone)
  if (kind === 'set') return (client, query) => client.sismember(name(query), query.key).then(memberOrNot)
  return (client, query) => client.hgetBuffer(name(query), query.key).then(valueOrNone)
}

const valueOrNone = (found: unknown): Buffer | null => (found === null || Buffer.isBuffer(found) ? found : foreign())
const memberOrNot = (found: unknown): number => (found === 0 || found === 1 ? found : foreign())

/** Whatever it is that answers here, it doesn't answer this question: the connection is given up. */
function foreign(): never {
  throw new Error('what came is no answer to the question')
}

/** A question nobody asked: one that loads its data, or wants a password, says so. Which names this user may read shows later. */
async function tryOut(client: Redis, look: Look): Promise<void> {
  await look(client, { key: '', mailbox: '', route: '' }).catch((error: unknown) => {
    if (!/^(?:NOPERM|WRONGTYPE|MOVED) /.test(messageOf(error))) throw error
  })
}

const unknown: KeyCheck = Object.freeze({ kind: 'unknown' })
const unavailable = (cause: string): KeyCheck => ({ kind: 'unavailable', cause: `redis: ${cause}` })

function verify(store: Store, look: Look, query: KeyQuery): KeyCheck | Promise<KeyCheck> {
  if (!couldBeKept(query.key)) return unknown
  if (store.down !== null) return unavailable(store.down)
  return store
    .ask(client => look(client, query))
    .then(
      found => judgeFound(found, query.at),
      (error: unknown) => unavailable(messageOf(error)),
    )
}

/** No path is longer than 512 octets. */
const maxKeyOctets = 512
const couldBeKept = (key: string): boolean => askable(key) && !/[\x00-\x1f\x7f]/.test(key) && Buffer.byteLength(key) <= maxKeyOctets
