import { describe, expect, test } from 'vitest'
import { nameMaker, templateProblem } from '../../../../src/keys/redis/template.ts'
import { parseRedisUrl, redisUrlProblem, showPlace } from '../../../../src/lib/redis/address.ts'

const parts = { key: 'K', mailbox: 'incoming', route: 'reply' }

describe('a template', () => {
  test.each([
    ['reply:%{key}', 'key', 'reply:K'],
    ['%{key}', 'key', 'K'],
    ['%{mailbox}/%{route}:%{key}:%{key}', 'key', 'incoming/reply:K:K'],
    ['100%', 'set', '100%'],
    ['a}b{c%', 'hash', 'a}b{c%'],
    ['replies:%{mailbox}', 'hash', 'replies:incoming'],
  ] as const)('%s as %s is %s', (template, kind, name) => {
    expect(templateProblem(template, kind)).toBeNull()
    expect(nameMaker(template, kind)(parts)).toBe(name)
  })

  test.each([
    ['', 'key', 'empty'],
    ['reply', 'key', '%{key}'],
    ['reply:%{mailbox}', 'key', '%{key}'],
    ['reply:%{key}', 'set', 'must not'],
    ['reply:%{key}', 'hash', 'must not'],
    ['reply:%{key}:%{subject}', 'key', '%{subject}'],
    ['reply:%{Key}', 'key', '%{Key}'],
    ['reply:%{key}%{}', 'key', '%{}'],
    ['reply:%{key}%{constructor}', 'key', '%{constructor}'],
    ['reply:%{key}%{mail', 'key', 'never closed'],
    ['reply\n%{key}', 'key', 'control'],
    ['a\ud800', 'set', 'control'],
  ] as const)('%j as %s has a problem', (template, kind, said) => {
    expect(templateProblem(template, kind)).toContain(said)
    expect(() => nameMaker(template, kind)).toThrow('Redis name')
  })

  test('has at most 512 characters', () => {
    expect(templateProblem('a'.repeat(512), 'set')).toBeNull()
    expect(templateProblem('a'.repeat(513), 'set')).toContain('512')
  })

  test.each(['%{mailbox}', '$&', '$1', '%{key}', '', 'a%{', '\\'])('what stands in a key stays as it is: %j', key => {
    expect(nameMaker('<%{key}|%{mailbox}>', 'key')({ ...parts, key })).toBe(`<${key}|incoming>`)
  })
})

describe('a Redis URL', () => {
  const plain = { db: 0, tls: false, username: '', password: '' }
  test.each([
    ['redis://redis.example.com', { ...plain, place: { host: 'redis.example.com', port: 6379 } }],
    ['redis://redis.example.com/', { ...plain, place: { host: 'redis.example.com', port: 6379 } }],
    ['redis://127.0.0.1:6380/15', { ...plain, place: { host: '127.0.0.1', port: 6380 }, db: 15 }],
    ['rediss://[::1]:6380/1', { ...plain, place: { host: '::1', port: 6380 }, db: 1, tls: true }],
    ['redis://ann:p%40ss@a', { ...plain, place: { host: 'a', port: 6379 }, username: 'ann', password: 'p@ss' }],
    ['redis://:p@a', { ...plain, place: { host: 'a', port: 6379 }, password: 'p' }],
    ['redis+unix:///run/redis/redis.sock', { ...plain, place: { path: '/run/redis/redis.sock' } }],
    ['redis+unix:///run/a%20b.sock?db=3', { ...plain, place: { path: '/run/a b.sock' }, db: 3 }],
  ])('%s', (url, address) => {
    expect(redisUrlProblem(url)).toBeNull()
    expect(parseRedisUrl(url)).toEqual(address)
  })

  test.each([
    ['', 'no URL'],
    ['redis.example.com', 'no URL'],
    ['http://redis.example.com', 'redis://'],
    ['redis:///1', 'host'],
    ['redis://a/b', 'database'],
    ['redis://a/1/2', 'database'],
    ['redis://a/-1', 'database'],
    ['redis://a/2147483648', 'database'],
    ['redis://a/1?db=2', 'behind'],
    ['redis://a/1#2', 'behind'],
    ['redis://a:66000', 'no URL'],
    ['redis://%zz:secret@a', 'percent'],
    ['redis+unix://run/redis.sock', 'whole path'],
    ['redis+unix:///', 'whole path'],
    ['redis+unix:///run/a?db=x', 'database'],
    ['redis+unix:///run/a?password=secret', 'not understood'],
    ['redis+unix:///run/%zz', 'percent'],
  ])('%j has a problem', (url, said) => {
    expect(redisUrlProblem(url)).toContain(said)
    expect(redisUrlProblem(url)).not.toContain('secret')
    expect(() => parseRedisUrl(url)).toThrow('Redis URL')
  })

  test('is shown without user and password', () => {
    expect(showPlace(parseRedisUrl('redis://ann:secret@[::1]/2').place)).toBe('[::1]:6379')
    expect(showPlace(parseRedisUrl('redis+unix:///run/a?db=1').place)).toBe('/run/a')
  })
})
