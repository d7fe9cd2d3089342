import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, test } from 'vitest'
import { testCertificate } from '../../support/certificate.ts'
import { source } from '../processors/suite.ts'
import { aNotice, aProcessor, type Relay, startRelay } from './relay.ts'

const ca = readFileSync(testCertificate().certificate, 'utf8')
const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})
async function relay(options: Parameters<typeof startRelay>[0]): Promise<Relay> {
  const started = await startRelay(options)
  closing.push(started.close)
  return started
}
const send = (port: number, smtp: NonNullable<Parameters<typeof aProcessor>[1]>) =>
  aProcessor(port, smtp).deliver(aNotice(), source(Buffer.from('\r\n')), new AbortController().signal)

const withTls = { disabledCommands: ['AUTH'] }
const withLogin = (user: string, pass: string): NonNullable<Parameters<typeof startRelay>[0]> => ({
  disabledCommands: [],
  authOptional: false,
  allowInsecureAuth: true,
  onAuth: ({ username, password }, _session, done) =>
    username === user && password === pass ? done(null, { user: username }) : done(new Error('Invalid login')),
})

describe('TLS', () => {
  test.each([
    ['opportunistic', 'is offered', withTls, true],
    ['opportunistic', 'is not offered', {}, false],
    ['none', 'is offered', withTls, false],
  ] as const)('%s, and STARTTLS %s: sent', async (tls, _, options, secure) => {
    const { port, taken } = await relay({ ...options })
    expect((await send(port, { tls })).kind).toBe('delivered')
    expect(taken.map(message => message.secure)).toEqual([secure])
  })

  test('required, and not offered: nothing is sent, tried again, and the detail says why', async () => {
    const { port, taken } = await relay({})
    const outcome = await send(port, { tls: 'required' })
    expect(outcome.kind).toBe('retry')
    expect(outcome.detail).toMatch(/^not sent: no TLS with the relay: it offers none, or its certificate is not good for it/)
    expect(taken).toEqual([])
  })

  test.each(['required', 'implicit'] as const)('%s, and nobody vouches for the certificate: nothing is sent, tried again', async tls => {
    const { port, taken } = await relay({ ...withTls, secure: tls === 'implicit' })
    const outcome = await send(port, { tls, host: '127.0.0.1' })
    expect(outcome).toEqual({ kind: 'retry', detail: expect.stringMatching(/^not sent: no TLS with the relay.*self-signed/) })
    expect(taken).toEqual([])
  })

  test.each(['required', 'implicit'] as const)('%s, and the certificate is of another name: nothing is sent', async tls => {
    const { port, taken } = await relay({ ...withTls, secure: tls === 'implicit' })
    const outcome = await send(port, { tls, host: 'localhost', ca })
    expect(outcome).toEqual({ kind: 'retry', detail: expect.stringMatching(/^not sent: no TLS with the relay.*localhost/) })
    expect(taken).toEqual([])
  })
})

describe('a login', () => {
  const user = { username: 'postern', password: 'pass word' }

  test('is used', async () => {
    const { port, taken } = await relay(withLogin('postern', 'pass word'))
    expect((await send(port, { tls: 'opportunistic', ...user })).kind).toBe('delivered')
    expect(taken.map(message => message.user)).toEqual(['postern'])
  })

  test('that is wrong is tried again, without the password in the detail', async () => {
    const { port, taken } = await relay(withLogin('postern', 'another'))
    const outcome = await send(port, { tls: 'none', ...user })
    expect(outcome).toEqual({ kind: 'retry', detail: expect.stringMatching(/^not sent: the relay did not take the login.*535/) })
    expect(outcome.detail).not.toMatch(/pass word|cGFzcyB3b3Jk/)
    expect(taken).toEqual([])
  })

  test('that is wanted and not configured is the operator’s to mend: tried again', async () => {
    const { port } = await relay(withLogin('postern', 'pass word'))
    expect(await send(port, { tls: 'none' })).toEqual({ kind: 'retry', detail: expect.stringMatching(/notices\.smtp\.tls, username/) })
  })

  test('that the relay doesn’t know is tried, and its refusal tried again', async () => {
    const { port, taken } = await relay({})
    expect((await send(port, { tls: 'none', ...user })).kind).toBe('retry')
    expect(taken).toEqual([])
  })
})

describe('options that can’t be right', () => {
  const password = { username: 'u', password: 'p' }
  test.each([
    [{ username: 'u' }, 'username and password go together: one of them is missing'],
    [{ password: 'p' }, 'username and password go together: one of them is missing'],
    [
      { ...password, host: 'mail.example.com', tls: 'opportunistic' as const },
      'tls: opportunistic would show the password to whoever is between us and mail.example.com: write tls: required or tls: implicit',
    ],
    [{ ...password, host: '10.0.0.1', tls: 'none' as const }, /^tls: none would show the password/],
    [{ ...password, host: '127.0.0.1.example.com', tls: 'none' as const }, /^tls: none would show the password/],
  ])('%j', (smtp, message) => expect(() => aProcessor(25, smtp)).toThrow(message))

  test.each([
    { ...password, host: 'mail.example.com', tls: 'required' as const },
    { ...password, host: 'mail.example.com', tls: 'implicit' as const },
    { ...password, host: '127.0.0.1' },
    { ...password, host: '::1' },
    { ...password, host: 'localhost' },
    { host: 'mail.example.com', tls: 'none' as const },
  ])('%j is fine', smtp => expect(() => aProcessor(25, smtp)).not.toThrow())

  test.each(['', 'postmaster', 'Postmaster <postmaster@example.com>', 'jos\u00e9@example.com'])('from %j', from =>
    expect(() => aProcessor(25, {}, { from })).toThrow('is no address that notices can come from'),
  )
})
