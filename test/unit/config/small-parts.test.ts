// What problems are made of: the nearest name, what is shown and what is hidden, paths, order.
import { expect, test } from 'vitest'
import { looksSecret } from '../../../src/config/looks-secret.ts'
import { editDistance, nearest } from '../../../src/config/nearest.ts'
import { ConfigError, formatPath } from '../../../src/config/problem.ts'
import { show, showText } from '../../../src/config/show.ts'

test.each([
  ['', '', 0],
  ['port', 'port', 0],
  ['prot', 'port', 1],
  ['prt', 'port', 1],
  ['porrt', 'port', 1],
  ['pork', 'port', 1],
  ['kitten', 'sitting', 3],
  ['', 'abc', 3],
])('from %j to %j it is %d', (a, b, distance) => {
  expect(editDistance(a, b)).toBe(distance)
  expect(editDistance(b, a)).toBe(distance)
})

test.each([
  ['retension', 'retention'],
  ['Message_Size', 'message-size'],
  ['messagesize', 'message-size'],
  ['notices', null],
  ['x', null],
])('%j is meant as %j', (found, meant) => {
  expect(nearest(found, ['retention', 'message-size', 'hostname', 'log'])).toBe(meant)
})

test.each([
  ['var/keys/1', false],
  ['/run/secrets/postern/webhook-secret.txt', false],
  ['incoming+%{key}@incoming.example.com', false],
  ['http://127.0.0.1:3000/inbound', false],
  ['whsec_x', true],
  ['http://user:word@127.0.0.1/', true],
  [Buffer.alloc(32, 255).toString('base64'), true],
  [Buffer.alloc(48, 0x5a).toString('base64'), true],
  ['0123456789abcdef0123456789abcdef', true],
])('%j looks like a secret: %s', (text, secret) => {
  expect(looksSecret(text)).toBe(secret)
  expect(showText(text).includes(text)).toBe(!secret)
})

test('values are shown on one line, cut, and hidden below a key that names a secret', () => {
  expect(show(undefined, [])).toBe('nothing')
  expect(show(['a', 'b'], [])).toBe('a list of 2')
  expect(show({}, [])).toBe('an empty mapping')
  expect(show({ a: 1, b: 2 }, [])).toBe('a mapping with "a", "b"')
  expect(show('a\nb\u202e', [])).toBe('"a\\nb\ufffd"')
  expect(show('x y '.repeat(100), []).length).toBeLessThan(70)
  expect(show('ftp://127.0.0.1/x?token=hunter2', [])).toBe('"ftp://127.0.0.1/x?…"')
  expect(show('hunter2', ['webhook', 'secret'])).not.toContain('hunter2')
  expect(show(12345, ['http', 'token'])).not.toContain('12345')
})

test('paths can be read and hold no secret', () => {
  expect(formatPath(['mailboxes', 0, 'routes', 1, 'key'])).toBe('mailboxes[0].routes[1].key')
  expect(formatPath(['processors', 'a b.c'])).toBe('processors["a b.c"]')
  expect(formatPath(['secrets', 'whsec_abc'])).toBe('secrets[…]')
})

test('problems are sorted by place', () => {
  const at = (line: number, column: number) => ({ file: 'f', path: 'p', line, column, message: 'm' })
  const error = new ConfigError([at(2, 1), at(1, 5), at(10, 1), at(1, 2)])
  expect(error.problems.map(({ line, column }) => `${line}:${column}`)).toEqual(['1:2', '1:5', '2:1', '10:1'])
  expect(error.message.split('\n')[0]).toBe('f:1:2: p: m')
})
