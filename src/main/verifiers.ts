/**
 * From how the configuration says that keys are verified to the verifier that does it. Kinds that hold others are opened from
 * the inside out; when one can't be opened, those opened before it are closed again. The libraries of stores are loaded where
 * a configuration names one: they are a good part of the memory of a server that needs none of them.
 */
import type { KeyConfig } from '../config/keys.ts'
import { allOf } from '../keys/all-of.ts'
import { anyOf } from '../keys/any-of.ts'
import { cached } from '../keys/cached.ts'
import { fileKeys } from '../keys/file.ts'
import { not } from '../keys/not.ts'
import { patternKeys } from '../keys/pattern.ts'
import { signedKeys } from '../keys/signed.ts'
import type { Clock, KeyVerifier, Log } from '../transaction/ports.ts'
import { readCa, redisOptions } from './redis-options.ts'

export interface VerifierParts {
  readonly log: Log
  readonly clock: Clock
}

/** Rejects where a certificate can't be read or a list is wrong; a store that is down, or a list not there yet, is no error. */
export async function openVerifier(key: KeyConfig, parts: VerifierParts): Promise<KeyVerifier> {
  if ('any-of' in key) return anyOf(await openAll(key['any-of'], parts))
  if ('all-of' in key) return allOf(await openAll(key['all-of'], parts))
  if ('not' in key) return not(await openVerifier(key.not, parts))
  if ('cached' in key) return cached({ ...key.cached, verifier: await openVerifier(key.cached.key, parts), clock: parts.clock })
  return openStore(key, parts.log)
}

async function openAll(keys: readonly KeyConfig[], parts: VerifierParts): Promise<readonly KeyVerifier[]> {
  const opened: KeyVerifier[] = []
  try {
    for (const key of keys) opened.push(await openVerifier(key, parts))
    return opened
  } catch (error) {
    for (const verifier of opened) await verifier.close?.()
    throw error
  }
}

type Holder = { readonly 'any-of': unknown } | { readonly 'all-of': unknown } | { readonly not: unknown } | { readonly cached: unknown }

async function openStore(key: Exclude<KeyConfig, Holder>, log: Log): Promise<KeyVerifier> {
  if ('signed' in key) {
    return signedKeys({ secrets: new Map(Object.entries(key.signed.secrets).map(([id, secret]) => [id, secret.reveal()])) })
  }
  if ('file' in key) return fileKeys({ path: key.file, log })
  if ('pattern' in key) return patternKeys({ pattern: key.pattern })
  if ('http' in key) {
    const { httpKeys } = await import('../keys/http.ts')
    return httpKeys({ ...key.http, secret: key.http.secret?.reveal(), log })
  }
  if ('sql' in key) {
    const { password, ca, ...rest } = key.sql
    const { sqlKeys } = await import('../keys/sql.ts')
    return sqlKeys({ ...rest, password: password?.reveal(), ca: await readCa(ca), log })
  }
  return openRedis(key.redis, log)
}

type RedisConfig = Extract<KeyConfig, { readonly redis: unknown }>['redis']

async function openRedis(config: RedisConfig, log: Log): Promise<KeyVerifier> {
  const { redisKeys } = await import('../keys/redis.ts')
  return redisKeys({ ...(await redisOptions(config)), lookUp: lookUpOf(config), timeout: config.timeout, log })
}

/** One of the three is there, as the loader has checked. */
function lookUpOf({ key, set, hash }: RedisConfig) {
  if (key !== undefined) return { kind: 'key', template: key } as const
  return set === undefined ? ({ kind: 'hash', template: hash ?? '' } as const) : ({ kind: 'set', template: set } as const)
}
