import { describe, expect, test } from 'vitest'
import { parseSqlUrl } from '../../../../src/keys/sql/place.ts'
import { sqlKeys, sqlUrlProblem } from '../../../../src/keys/sql.ts'

const log = { debug() {}, info() {}, warn() {}, error() {} }

describe('URLs', () => {
  test.each([
    ['postgres://app@127.0.0.1:5433/mail', { host: '127.0.0.1', port: 5433, user: 'app', database: 'mail', mode: 'disable' }],
    ['postgresql://app@localhost/mail', { host: 'localhost', port: 5432, user: 'app', database: 'mail', mode: 'disable' }],
    ['postgres://app@[::1]/mail', { host: '::1', port: 5432, user: 'app', database: 'mail', mode: 'disable' }],
    ['postgres://app@db.example.com/mail', { host: 'db.example.com', port: 5432, user: 'app', database: 'mail', mode: 'verify-full' }],
    [
      'postgres://app@db.example.com/mail?sslmode=require',
      { host: 'db.example.com', port: 5432, user: 'app', database: 'mail', mode: 'require' },
    ],
    [
      'postgres://app@localhost.example.com/mail',
      { host: 'localhost.example.com', port: 5432, user: 'app', database: 'mail', mode: 'verify-full' },
    ],
    ['postgres://a%40b@127.0.0.1/m%20l', { host: '127.0.0.1', port: 5432, user: 'a@b', database: 'm l', mode: 'disable' }],
    ['postgres://app@%2Frun%2Fpostgresql/mail', { host: '/run/postgresql', port: 5432, user: 'app', database: 'mail', mode: 'disable' }],
    [
      'postgres:///mail?host=/run/postgresql&user=app',
      { host: '/run/postgresql', port: 5432, user: 'app', database: 'mail', mode: 'disable' },
    ],
  ])('%s', (url, place) => expect(parseSqlUrl(url)).toEqual(place))

  test.each([
    ['', /written postgres:/],
    ['127.0.0.1:5432', /written postgres:/],
    ['mysql://app@127.0.0.1/mail', /written postgres:/],
    ['postgres://app:hunter@127.0.0.1/mail', /can’t hold a password/],
    ['postgres://app@127.0.0.1/mail?password=hunter', /can’t hold a password/],
    ['postgres://127.0.0.1/mail', /names its host, user and database/],
    ['postgres://app@127.0.0.1', /names its host, user and database/],
    ['postgres://app@127.0.0.1/', /names its host, user and database/],
    ['postgres:///mail', /names its host, user and database/],
    ['postgres://app@127.0.0.1/mail?sslmode=prefer', /sslmode is one of/],
    ['postgres://app@127.0.0.1/mail?options=-cfoo', /sslmode, host and user, nothing else/],
    ['postgres://app@127.0.0.1/%zz', /a % that stands for nothing/],
  ])('%s is refused', (url, problem) => {
    expect(sqlUrlProblem(url)).toMatch(problem)
    expect(sqlUrlProblem(url)).not.toMatch(/hunter/)
  })
})

test('options that can’t work are refused at the start', () => {
  const options = { url: 'postgres://app@127.0.0.1:1/mail', query: 'SELECT 1 WHERE %{key} = 1', timeout: 1, connections: 1, log }
  expect(() => sqlKeys({ ...options, url: 'postgres://127.0.0.1' })).toThrow(/names its host/)
  expect(() => sqlKeys({ ...options, query: 'SELECT 1' })).toThrow(/no %\{key\}/)
  expect(() => sqlKeys({ ...options, ca: 'x' })).toThrow(/sslmode/)
  expect(() => sqlKeys({ ...options, connections: 0 })).toThrow(RangeError)
})
