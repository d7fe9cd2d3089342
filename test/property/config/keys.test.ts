// Kinds of key in each other, in any arrangement: accepted where the rules say so, and nowhere else. What is accepted is
// printed and loads again.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { describe } from '../../../src/config/describe.ts'
import { ConfigError, parseConfig } from '../../../src/config/load.ts'
import { keyChecks } from '../../../src/main/key-checks.ts'
import { good, read } from '../../unit/config/build.ts'

type Key = { file: string } | { pattern: string } | { 'any-of': Key[] } | { 'all-of': Key[] } | { not: Key } | { cached: { key: Key } }

const { key: anyKey } = fc.letrec<{ key: Key }>(tie => {
  const inner = tie('key')
  const several = fc.array(inner, { minLength: 1, maxLength: 3 })
  return {
    key: fc.oneof(
      { depthSize: 'large', withCrossShrink: true },
      fc.record({ file: fc.constant('keys.txt') }),
      fc.record({ pattern: fc.constant('ticket-[0-9]+') }),
      fc.record({ 'any-of': several }),
      fc.record({ 'all-of': several }),
      fc.record({ not: inner }),
      fc.record({ cached: fc.record({ key: inner }) }),
    ),
  }
})

/** The rules of docs/config.md, written down a second time. */
function allowed(key: Key, depth = 1, mayNegate = false): boolean {
  if (depth > 5) return false
  if ('not' in key) return mayNegate && allowed(key.not, depth + 1)
  if ('cached' in key) return allowed(key.cached.key, depth + 1)
  if ('any-of' in key) return key['any-of'].every(inner => allowed(inner, depth + 1))
  if (!('all-of' in key)) return true
  return key['all-of'].some(inner => !('not' in inner)) && key['all-of'].every(inner => allowed(inner, depth + 1, true))
}

const textWith = (key: unknown): string => {
  const mailboxes = [{ name: 'm', address: '%{key}@example.com', routes: [{ name: 'r', key, processor: 'app' }] }]
  return stringify({ ...good(), mailboxes })
}

const load = (key: unknown) => parseConfig(textWith(key), 'postern.yaml', { read, checks: keyChecks })

/** As `check` prints it. */
const printed = (key: unknown): unknown =>
  (describe(load(key)) as { mailboxes: { routes: { key: unknown }[] }[] }).mailboxes[0]?.routes[0]?.key

test('a tree of kinds is accepted exactly where the rules say so', () => {
  let accepted = 0
  fc.assert(
    fc.property(anyKey, key => {
      if (!allowed(key)) return void expect(() => load(key)).toThrow(ConfigError)
      accepted++
      const once = printed(key)
      expect(printed(once)).toEqual(once)
    }),
    { numRuns: 300 },
  )
  expect(accepted).toBeGreaterThan(10)
})

test('any depth ends with a report', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 400 }), fc.constantFrom('any-of', 'all-of', 'not', 'cached'), (depth, kind) => {
      let key: unknown = { file: 'keys.txt' }
      for (let level = 0; level < depth; level++) key = kind === 'not' ? { not: key } : { [kind]: kind === 'cached' ? { key } : [key] }
      if (depth <= (kind === 'not' ? 0 : 4)) load(key)
      else expect(() => load(key)).toThrow(ConfigError)
    }),
    { numRuns: 60 },
  )
})
