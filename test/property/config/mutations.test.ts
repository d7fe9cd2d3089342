// Whatever is wrong with a configuration, loading it gives a Config or a ConfigError, never another throw, and no report
// tells a secret.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import type { Config } from '../../../src/config/config.ts'
import { describeYaml } from '../../../src/config/describe.ts'
import { ConfigError, parseConfig } from '../../../src/config/load.ts'
import { good, passwordText, read, signing, webhookText } from '../../unit/config/build.ts'

function outcome(text: string): Config | ConfigError {
  try {
    return parseConfig(text, 'postern.yaml', { read })
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
}

/** What must hold for any outcome. */
function holds(result: Config | ConfigError): void {
  if (!(result instanceof ConfigError)) return void describeYaml(result)
  expect(result.problems.length).toBeGreaterThan(0)
  for (const { line, column, message } of result.problems) {
    expect(line).toBeGreaterThanOrEqual(0)
    expect(column).toBeGreaterThanOrEqual(0)
    expect(message).not.toBe('')
  }
  for (const secret of [signing, webhookText, passwordText, 'open-sesame']) expect(result.message).not.toContain(secret)
}

type Node = Record<string | number, unknown>

/** Every place of a value: its holder and its key. */
function places(value: unknown): { holder: Node; key: string | number }[] {
  if (typeof value !== 'object' || value === null) return []
  const holder = value as Node
  const keys = Array.isArray(value) ? [...value.keys()] : Object.keys(value)
  return keys.flatMap(key => [{ holder, key }, ...places(holder[key])])
}

const other = fc.oneof(
  fc.anything({ maxDepth: 2, withNullPrototype: false, withBigInt: false }).filter(value => typeof value !== 'symbol'),
  fc.constantFrom('%{key}@x', '%{key}', '@', '', 'none', '0s', '0B', '10m', '1KiB', signing, webhookText, 0, -1, 1e99, null, [], {}, [[]]),
  fc.string({ unit: 'binary' }),
)
const change = fc.record({
  where: fc.nat(),
  how: fc.constantFrom('delete', 'rename', 'retype', 'double'),
  value: other,
  name: fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'toString', signing)),
})

function mutate(root: Node, { where, how, value, name }: { where: number; how: string; value: unknown; name: string }): void {
  const all = places(root)
  if (all.length === 0) return
  const { holder, key } = all[where % all.length]!
  if (Array.isArray(holder)) {
    if (how === 'delete') holder.splice(Number(key), 1)
    else if (how === 'double') holder.push(structuredClone(holder[Number(key)]))
    else holder[Number(key)] = value
    return
  }
  if (how === 'retype') holder[key] = value
  else {
    const old = holder[key]
    if (how !== 'double') delete holder[key]
    if (how !== 'delete') Object.defineProperty(holder, name, { value: old, enumerable: true, configurable: true, writable: true })
  }
}

test('every mutation of a good configuration', () => {
  let accepted = 0
  let refused = 0
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), changes => {
      const root = good()
      for (const one of changes) mutate(root, one)
      let text: string
      try {
        text = stringify(root)
      } catch {
        return
      }
      const result = outcome(text)
      holds(result)
      if (result instanceof ConfigError) refused++
      else accepted++
    }),
    { numRuns: 600 },
  )
  expect(refused).toBeGreaterThan(accepted)
  expect(accepted).toBeGreaterThan(0)
})

test('every damage to the text', () => {
  const whole = stringify(good())
  const cut = fc.record({
    at: fc.nat({ max: whole.length }),
    drop: fc.nat({ max: 20 }),
    put: fc.oneof(fc.string(), fc.constantFrom('\t', '{', ']', '%', '&a ', '*a', '!x ', '---\n', '? ', ': ', '"', "'", '|', '\0')),
  })
  fc.assert(
    fc.property(fc.array(cut, { minLength: 1, maxLength: 3 }), cuts => {
      holds(outcome(cuts.reduce((text, { at, drop, put }) => text.slice(0, at) + put + text.slice(at + drop), whole)))
    }),
    { numRuns: 600 },
  )
})

test('any text at all', () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.json()), text => holds(outcome(text))))
})
