/**
 * `mailboxes[].routes[].key`: how keys are verified. One kind, told by its only key; some kinds hold others. What must agree
 * within one kind, and how deep they may lie in each other, is checked in check-keys.ts.
 */
import * as z from 'zod'
import type { DeepReadonly } from './deep-readonly.ts'
import { duration, httpUrl, kinds, oneUrl, section, text, whole } from './leaves.ts'
import { authorities, redisServer } from './redis-server.ts'
import { ownSecret, password, type ReadSecret, secret, signingSecret, webhookSecret } from './secret.ts'

const second = 1_000
const minute = 60 * second
const day = 24 * 60 * minute

const keyIdRule = 'a key id from 1 to 255'

function signed(read: ReadSecret) {
  const octets = ownSecret('A signing secret: base64 of at least 32 octets.', signingSecret, read)
  return section('Signed keys (docs/signed-keys.md), minted by the application or by `postern keys mint`.', {
    secrets: z
      .record(z.string().regex(/^(?:[1-9]|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])$/, { error: keyIdRule }), octets, {
        error: issue => (issue.code === 'invalid_key' ? keyIdRule : 'a mapping from key ids to secrets'),
      })
      .refine(secrets => Object.keys(secrets).length > 0, { error: 'at least one secret, such as 1: { file: var/keys/1 }' })
      .meta({ description: 'Secrets by key id; all of them verify, so that old keys live on while new ones are minted.' }),
  })
}

const patience = { min: 10, max: minute }
export const isSqlUrl = oneUrl(
  ({ protocol, password, searchParams }) => /^postgres(?:ql)?:$/.test(protocol) && password === '' && !searchParams.has('password'),
)

/** Characters. */
export const mostQuery = 20_000

function redis(read: ReadSecret) {
  const template = (about: string, example: string) => z.exactOptional(text(about, `a name such as ${example}`))
  return section('Keys in Redis: one of key, set and hash says where.', {
    ...redisServer(read),
    key: template('One Redis key for each key; its value may hold claims.', 'reply:%{key}'),
    set: template('A set whose members are the keys.', 'reply-keys'),
    hash: template('A hash whose fields are the keys and whose values may hold claims.', 'reply-keys'),
    timeout: duration('For one answer; then the key counts as unavailable, and mail is deferred.', patience).prefault('2s'),
  })
}

function http(read: ReadSecret) {
  return section('Keys that the application is asked for by HTTP POST.', {
    url: httpUrl('Where to.'),
    secret: z.exactOptional(secret('Signs the questions as Standard Webhooks says: whsec_ and base64.', webhookSecret, read)),
    timeout: duration('For one answer; then the key counts as unavailable, and mail is deferred.', patience).prefault('5s'),
    concurrency: whole('Questions at once.', { min: 1, max: 1_000 }).prefault(32),
  })
}

function sql(read: ReadSecret) {
  const rule = 'a postgres:// address without a password'
  return section('Keys in PostgreSQL.', {
    url: z
      .string({ error: rule })
      .refine(isSqlUrl, { error: rule })
      .meta({ description: 'The database: `postgres://USER@HOST/DATABASE?sslmode=verify-full`.', kind: 'url' }),
    password: z.exactOptional(secret('Password of the user.', password, read)),
    ca: authorities(read),
    query: text(
      'One SELECT. `%{key}`, `%{mailbox}`, `%{route}`, `%{recipient}`, `%{sender}` and `%{client}` become parameters, never text. A row means that the key is good; its columns may be claims.',
      'a query such as SELECT 1 FROM replies WHERE key = %{key}',
      mostQuery,
    ),
    timeout: duration('For one answer; then the key counts as unavailable, and mail is deferred.', patience).prefault('2s'),
    connections: whole('Connections at once.', { min: 1, max: 100 }).prefault(4),
  })
}

const leafKinds = (read: ReadSecret) => ({
  signed: signed(read),
  file: text('A file with one key per line, reloaded when it changes.', 'the name of a file'),
  redis: redis(read),
  http: http(read),
  sql: sql(read),
  pattern: text(
    'A regular expression (RE2) that the whole key must match; the groups `subject` and `expires` become claims. Nothing is looked up.',
    'a regular expression such as ticket-[0-9]+',
  ),
})

type LeafKinds = ReturnType<typeof leafKinds>
type LeafKey = DeepReadonly<{ [Kind in keyof LeafKinds]: { [Only in Kind]: z.infer<LeafKinds[Kind]> } }[keyof LeafKinds]>

/** As parsed. `not` stands only directly in `all-of`. */
export type KeyConfig =
  | LeafKey
  | { readonly 'any-of': readonly KeyConfig[] }
  | { readonly 'all-of': readonly KeyConfig[] }
  | { readonly not: KeyConfig }
  | { readonly cached: { readonly key: KeyConfig; readonly positive: number; readonly negative: number; readonly entries: number } }

/** More than anybody can keep in mind. */
const mostKinds = 16

/** Kinds of keys, each of which may hold others: the schema refers to itself. */
export function keySection(read: ReadSecret): z.ZodType<KeyConfig> {
  const inner: z.ZodType<KeyConfig> = z.lazy(() => key)
  const list = `a list of 1 to ${mostKinds} kinds of key`
  const several = (about: string) =>
    z.array(inner, { error: list }).min(1, { error: list }).max(mostKinds, { error: list }).meta({ description: about })
  const key: z.ZodType<KeyConfig> = kinds('How keys are verified: exactly one kind.', {
    ...leafKinds(read),
    'any-of': several('Kinds of key of which one must find the key good; asked in order.'),
    'all-of': several('Kinds of key that must all find the key good; `{ not: … }` among them must not.'),
    not: inner.meta({ description: 'Only directly in `all-of`: a kind that must not know the key, such as a list of revoked ones.' }),
    cached: section('Remembers what another kind answers.', {
      key: inner.meta({ description: 'The kind whose answers are remembered.' }),
      positive: duration('How long a good key is remembered; 0s: not at all.', { min: 0, max: day }).prefault('1m'),
      negative: duration('How long the answer unknown, expired or revoked is remembered; 0s: not at all.', { min: 0, max: day }).prefault(
        '10s',
      ),
      entries: whole('Answers remembered at once; the ones not asked for longest are forgotten.', { min: 1, max: 1_000_000 }).prefault(
        100_000,
      ),
    }),
  })
  return key
}

/** `key` and all kinds that it holds. */
export function kindsWithin(key: KeyConfig): readonly KeyConfig[] {
  return [key, ...heldBy(key).flatMap(kindsWithin)]
}

/** The first signed keys that `key` lets in, beside or behind other kinds; null where there are none. */
export function signedWithin(key: KeyConfig): SignedConfig | null {
  if ('signed' in key) return key.signed
  if ('not' in key) return null
  return heldBy(key).reduce<SignedConfig | null>((found, inner) => found ?? signedWithin(inner), null)
}

type SignedConfig = Extract<LeafKey, { readonly signed: unknown }>['signed']

function heldBy(key: KeyConfig): readonly KeyConfig[] {
  if ('any-of' in key) return key['any-of']
  if ('all-of' in key) return key['all-of']
  if ('not' in key) return [key.not]
  return 'cached' in key ? [key.cached.key] : []
}
