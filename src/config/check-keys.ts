/**
 * What must agree in `mailboxes[].routes[].key`: kinds that fit into each other, a store with one place for its keys, names,
 * queries and patterns that can be used. Looks at the raw configuration, whatever else is wrong with it.
 */
import { checkRedisServer } from './check-redis.ts'
import { checkText } from './check-text.ts'
import { isSqlUrl, mostQuery } from './keys.ts'
import type { Finding } from './problem.ts'
import { has, isMapping, items, type Part, part, texts } from './raw.ts'

/**
 * What only the verifiers know of their texts. Each gives what is wrong as a sentence, or null. The sentence must not repeat
 * an address, which may hold a password.
 */
export interface KeyChecks {
  redisUrl(url: string): string | null
  redisName(template: string, kind: RedisPlace): string | null
  /** `ca`: the operator names authorities, which is of use with TLS only. */
  sqlUrl(url: string, ca: boolean): string | null
  query(sql: string): string | null
  pattern(pattern: string): string | null
}

export type RedisPlace = 'key' | 'set' | 'hash'
const redisPlaces: readonly RedisPlace[] = ['key', 'set', 'hash']

/** Kinds in kinds: more than anybody can follow. */
const deepest = 5

export function checkKeys(root: Part, checks: KeyChecks): readonly Finding[] {
  const routes = items(part(root, 'mailboxes')).flatMap(mailbox => items(part(mailbox, 'routes')))
  return routes.flatMap(route => checkKind(part(route, 'key'), { depth: 1, mayNegate: false, checks }))
}

interface Context {
  readonly depth: number
  /** Whether this is one of `all-of`. */
  readonly mayNegate: boolean
  readonly checks: KeyChecks
}

function checkKind(key: Part, context: Context): readonly Finding[] {
  if (!isMapping(key.value)) return []
  if (context.depth > deepest) return [tooDeep(key)]
  const { checks } = context
  const below = { ...context, depth: context.depth + 1, mayNegate: false }
  return [
    ...(has(key, 'not') && !context.mayNegate ? [misplacedNot(key)] : []),
    ...(isMapping(part(key, 'redis').value) ? checkRedis(part(key, 'redis'), checks) : []),
    ...checkSql(part(key, 'sql'), checks),
    ...checkText(part(key, 'pattern'), checks.pattern),
    ...items(part(key, 'any-of')).flatMap(inner => checkKind(inner, below)),
    ...checkAllOf(part(key, 'all-of')),
    ...items(part(key, 'all-of')).flatMap(inner => checkKind(inner, { ...below, mayNegate: true })),
    ...checkKind(part(key, 'not'), below),
    ...checkKind(part(part(key, 'cached'), 'key'), below),
  ]
}

const tooDeep = ({ path }: Part): Finding => ({
  path,
  message: 'kinds of key are nested too deeply',
  allowed: `at most ${deepest} inside each other`,
})

const misplacedNot = ({ path }: Part): Finding => ({
  path: [...path, 'not'],
  at: 'key',
  message: 'alone, this would find every key good that the kind within doesn’t know',
  allowed: 'an item of all-of, beside a kind that knows the good keys',
})

function checkAllOf(list: Part): readonly Finding[] {
  const kinds = items(list)
  if (kinds.length === 0 || !kinds.every(kind => has(kind, 'not'))) return []
  const message = 'only says which keys are not good, so every other key would be'
  return [{ path: list.path, message, allowed: 'at least one kind that knows the good keys' }]
}

function checkRedis(redis: Part, checks: KeyChecks): readonly Finding[] {
  return [
    ...onlyOne(redis, redisPlaces),
    ...checkRedisServer(redis, checks.redisUrl),
    ...redisPlaces.flatMap(kind => checkText(part(redis, kind), name => checks.redisName(name, kind))),
  ]
}

function onlyOne(redis: Part, keys: readonly string[]): readonly Finding[] {
  const found = keys.filter(key => has(redis, key))
  if (found.length === 1) return []
  const message = found.length === 0 ? 'doesn’t say where the keys are' : 'says more than once where the keys are'
  const allowed = `exactly one of: ${keys.join(', ')}`
  return [{ path: redis.path, message, ...(found.length === 0 ? {} : { found: found.join(', ') }), allowed }]
}

function checkSql(sql: Part, checks: KeyChecks): readonly Finding[] {
  const url = texts(sql, 'url')
  return [
    ...(url !== undefined && isSqlUrl(url) ? checkText(part(sql, 'url'), text => checks.sqlUrl(text, has(sql, 'ca'))) : []),
    ...checkText(part(sql, 'query'), checks.query, mostQuery),
  ]
}
