import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nameMaker, templateProblem } from '../../../src/keys/redis/template.ts'
import { judgeFound } from '../../../src/keys/redis/value.ts'
import { parseRedisUrl, redisUrlProblem } from '../../../src/lib/redis/address.ts'

const kind = fc.constantFrom('key', 'set', 'hash')
const piece = fc.oneof(
  fc.constantFrom('%{key}', '%{mailbox}', '%{route}', '%{', '}', '%', '%{Key}', ':', '$&'),
  fc.string({ unit: 'binary' }),
)
const text = fc.array(piece, { maxLength: 8 }).map(pieces => pieces.join(''))

describe('a template', () => {
  test('has a problem or makes names, for any text; never an untyped throw', () => {
    fc.assert(
      fc.property(text, kind, (template, kind) => {
        const problem = templateProblem(template, kind)
        if (problem !== null) expect(() => nameMaker(template, kind)).toThrow(problem)
        else expect(nameMaker(template, kind)({ key: 'k', mailbox: 'm', route: 'r' })).not.toContain('%{')
      }),
      { numRuns: 3000 },
    )
  })

  test('two keys never share a name, and what stands around them stays', () => {
    const key = fc.oneof(text, fc.constantFrom('%{mailbox}', '$1', ''))
    fc.assert(
      fc.property(key, key, (a, b) => {
        const name = nameMaker('<%{mailbox}:%{key}>', 'key')
        expect(name({ key: a, mailbox: 'm', route: 'r' })).toBe(`<m:${a}>`)
        expect(name({ key: a, mailbox: 'm', route: 'r' }) === name({ key: b, mailbox: 'm', route: 'r' })).toBe(a === b)
      }),
    )
  })
})

describe('a Redis URL', () => {
  const words = fc.constantFrom(
    'redis://',
    'rediss://',
    'redis+unix://',
    '/',
    ':',
    '@',
    '?db=',
    '%',
    '%41',
    '[::1]',
    'host',
    '6379',
    '1',
    '#',
  )
  const url = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(fc.oneof(words, fc.string({ maxLength: 3 })), { maxLength: 8 }).map(all => all.join('')),
  )

  test('has a problem or leads somewhere, for any text', () => {
    fc.assert(
      fc.property(url, text => {
        if (redisUrlProblem(text) !== null) {
          expect(() => parseRedisUrl(text)).toThrow('the Redis URL')
          return
        }
        const { place, db } = parseRedisUrl(text)
        expect(db).toBeGreaterThanOrEqual(0)
        if ('path' in place) expect(place.path).toMatch(/^\//)
        else expect(place.host).not.toBe('')
      }),
      { numRuns: 5000 },
    )
  })

  test('gives back what was put in', () => {
    const secret = fc.string({ unit: 'grapheme', maxLength: 20 })
    const where = fc.record({
      port: fc.integer({ min: 1, max: 65_535 }),
      db: fc.nat(1000),
      tls: fc.boolean(),
      username: secret,
      password: secret,
    })
    fc.assert(
      fc.property(where, ({ port, db, tls, username, password }) => {
        const who = `${encodeURIComponent(username)}:${encodeURIComponent(password)}`
        const parsed = parseRedisUrl(`${tls ? 'rediss' : 'redis'}://${who}@redis.example.com:${port}/${db}`)
        expect(parsed).toEqual({ place: { host: 'redis.example.com', port }, db, tls, username, password })
      }),
    )
  })
})

describe('a value', () => {
  test('never makes a key unknown, and never throws', () => {
    const octets = fc.oneof(
      fc.uint8Array({ maxLength: 60 }).map(all => Buffer.from(all)),
      fc.json().map(json => Buffer.from(json)),
      fc.string({ unit: 'binary' }).map(rest => Buffer.from(` {${rest}`)),
    )
    fc.assert(
      fc.property(octets, value => {
        const check = judgeFound(value, 0)
        expect(['valid', 'expired', 'revoked', 'unavailable']).toContain(check.kind)
        if (value.toString().trimStart().startsWith('{') && check.kind === 'valid') expect(() => JSON.parse(value.toString())).not.toThrow()
      }),
      { numRuns: 3000 },
    )
  })

  test('an object says what it says, however it is indented', () => {
    fc.assert(
      fc.property(fc.constantFrom('', ' ', '\n', '\r\n\t'), fc.nat(4), (before, indent) => {
        const value = Buffer.from(before + JSON.stringify({ subject: 'a' }, null, indent) + before)
        expect(judgeFound(value, 0)).toEqual({ kind: 'valid', claims: { subject: 'a' } })
      }),
    )
  })
})
