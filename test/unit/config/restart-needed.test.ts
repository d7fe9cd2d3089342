// Which sections wait for a restart: those that differ and that a reload doesn't take over.

import { describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import type { Config } from '../../../src/config/config.ts'
import { parseConfig } from '../../../src/config/load.ts'
import { restartNeeded } from '../../../src/config/restart-needed.ts'
import { good, load, read } from './build.ts'

const needed = (change: object): readonly string[] => restartNeeded(load(good()), load({ ...good(), ...change }))
const listeners = good().listeners as Record<string, object>

test('nothing where nothing differs, though everything was made anew', () => {
  expect(needed({})).toEqual([])
})

describe('a reload takes over', () => {
  const mailboxes = good().mailboxes as readonly object[]
  test.each([
    ['mailboxes', mailboxes.slice(0, 1)],
    ['mailboxes', mailboxes.map(mailbox => ({ ...mailbox, name: 'other' })).slice(0, 1)],
    ['processors', { ...(good().processors as object), app: { inbox: {} } }],
    ['postmaster', 'app'],
    ['screening', { automatic: 'tag' }],
    ['limits', { recipients: 7 }],
    ['limits', { 'messages-per-key': 7 }],
    ['authentication', { ...(good().authentication as object), require: 'bound' }],
    ['delivery', { ...(good().delivery as object), handoff: 'queued' }],
    ['delivery', { ...(good().delivery as object), inline: { deadline: '1s' } }],
  ])('%s', (name, value) => {
    expect(needed({ [name]: value })).toEqual([])
  })
})

describe('a restart is needed for', () => {
  test.each([
    ['hostname', 'hostname', 'other.example.com'],
    ['listeners', 'listeners', { ...listeners, smtp: { host: '127.0.0.1', port: 2526 } }],
    ['listeners', 'listeners', { ...listeners, policy: [] }],
    ['listeners', 'line-endings', 'normalize'],
    ['spool', 'spool', { sqlite: { directory: 'elsewhere' } }],
    ['delivery', 'delivery', { ...(good().delivery as object), retry: { first: '2m' } }],
    ['delivery', 'delivery', { ...(good().delivery as object), pause: { after: 1 } }],
    ['content', 'content', { workers: 3 }],
    ['links', 'links', { url: 'https://incoming.example.com' }],
    ['retention', 'retention', { held: '91d' }],
    ['log', 'log', { level: 'debug' }],
    ['authentication', 'authentication', { ...(good().authentication as object), dmarc: 'enforce' }],
    ['authentication', 'authentication', undefined],
    ['notices', 'notices', undefined],
    ['notices', 'notices', { ...(good().notices as object), per: '2d' }],
  ])('%s (%s)', (section, name, value) => {
    expect(needed({ [name]: value })).toEqual([section])
  })
  test('several at once, in their order', () => {
    expect(needed({ log: { level: 'debug' }, hostname: 'b.example.com', limits: { recipients: 7 } })).toEqual(['hostname', 'log'])
  })
  test('a section that only one of the two has', () => {
    const one = load(good())
    const more = { ...one, telescope: {} } as Config
    expect([restartNeeded(one, more), restartNeeded(more, one)]).toEqual([['telescope'], ['telescope']])
  })
})

describe('secrets count by their value', () => {
  const withToken = (text: string, from = 'TOKEN') =>
    parseConfig(stringify(good()).replace('env: TOKEN', `env: ${from}`), 'f', {
      read: place => ('env' in place && place.env === from ? { text } : read(place)),
    })
  const token = 'open-sesame-open-sesame'
  test('another value', () => {
    const before = withToken(token)
    const after = withToken(`${token}!`)
    expect(restartNeeded(before, after)).toEqual(['listeners'])
    expect(JSON.stringify(restartNeeded(before, after))).not.toContain(token)
  })
  test('the same value from another place', () => {
    expect(restartNeeded(withToken(token), withToken(token, 'TOKEN_2'))).toEqual([])
  })
})
