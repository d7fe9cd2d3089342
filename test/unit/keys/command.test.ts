import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CommanderError } from 'commander'
import { afterAll, describe, expect, test } from 'vitest'
import { Failure } from '../../../src/cli/failure.ts'
import type { KeysConfig } from '../../../src/cli/keys/config.ts'
import { keysCommand } from '../../../src/cli/keys.ts'
import { mintSignedKey, signedKeys } from '../../../src/keys/signed.ts'

const folder = mkdtempSync(join(tmpdir(), 'postern-keys-'))
afterAll(() => rmSync(folder, { recursive: true }))

const now = Date.parse('2026-11-21T12:00:00Z')
const first = { id: 1, octets: Buffer.alloc(32, 1), file: join(folder, '1') }
const second = { id: 2, octets: Buffer.alloc(32, 2), file: join(folder, '2') }
const config: KeysConfig = {
  mailboxes: [
    {
      name: 'incoming',
      address: 'Incoming+%{key}@incoming.example.com',
      routes: [{ name: 'reply', signed: { secrets: [second, first] } }, { name: 'listed' }],
    },
    {
      name: 'desk',
      address: 'desk@incoming.example.com',
      references: 'reply-%{key}@desk.example.com',
      routes: [{ name: 'reply', signed: { secrets: [{ id: '9', octets: Buffer.alloc(32, 9) }] } }],
    },
    { name: 'last', address: 'l-%{key}@incoming.example.com', routes: [{ name: 'r', signed: { secrets: [{ ...first, id: 255 }] } }] },
  ],
}

interface Ran {
  readonly status: number
  readonly out: string
  readonly err: string
}

async function run(...args: readonly string[]): Promise<Ran> {
  let out = ''
  let err = ''
  const command = keysCommand({ load: async () => config, page: async () => null, print: text => (out += `${text}\n`), now: () => now })
  for (const each of [command, ...command.commands])
    each.configureOutput({ writeErr: text => (err += text), writeOut: text => (out += text) })
  try {
    await command.parseAsync(args, { from: 'user' })
    return { status: 0, out, err }
  } catch (error) {
    // As cli.ts does it.
    if (error instanceof CommanderError) return { status: error.exitCode === 0 ? 0 : 64, out, err }
    if (error instanceof Failure) return { status: error.exit, out, err: `${err}${error.message}\n` }
    throw error
  }
}

const reply = ['--mailbox', 'incoming', '--route', 'reply']
const mintArgs = ['mint', ...reply, '--subject', 'ticket-42']

describe('mint', () => {
  test('prints the address alone, signed with the newest secret', async () => {
    const { status, out, err } = await run(...mintArgs)
    const key = /^Incoming\+([a-z2-7]+)@incoming\.example\.com\n$/.exec(out)?.[1] ?? ''
    expect({ status, err }).toEqual({ status: 0, err: '' })
    const verifier = signedKeys({ secrets: new Map([[2, second.octets]]) })
    const query = { mailbox: 'incoming', route: 'reply', key, recipient: '', sender: '', client: null, at: now }
    expect(verifier.verify(query)).toEqual({ kind: 'valid', claims: { subject: 'ticket-42', keyId: '2' } })
  })

  test.each([
    ['30d', '2026-12-21T12:00:00Z'],
    ['12h', '2026-11-22T00:00:00Z'],
    ['10m', '2026-11-21T12:10:00Z'],
    ['1s', '2026-11-21T12:00:01Z'],
    ['2027-01-01', '2027-01-01T00:00:00Z'],
    ['2027-01-01T00:00:00.5+01:00', '2026-12-31T23:00:01Z'],
  ])('--expires %s --json', async (expires, expected) => {
    const { status, out } = await run(...mintArgs, '--expires', expires, '--json')
    const minted = JSON.parse(out)
    expect(status).toBe(0)
    expect(Object.keys(minted)).toEqual(['address', 'key', 'expires'])
    expect(minted).toMatchObject({ address: `Incoming+${minted.key}@incoming.example.com`, expires: expected })
    expect(JSON.parse((await run('inspect', minted.key, '--json')).out).expires).toBe(expected)
  })

  test('without --expires the JSON says null', async () => {
    expect(JSON.parse((await run(...mintArgs, '--json')).out).expires).toBeNull()
  })

  test('for a dedicated address the key goes into the message id', async () => {
    const args = ['mint', '--mailbox', 'desk', '--route', 'reply', '--subject', '7']
    expect((await run(...args)).out).toMatch(/^reply-[a-z2-7]+@desk\.example\.com\n$/)
    const { address, messageId, key } = JSON.parse((await run(...args, '--json')).out)
    expect({ address, messageId }).toEqual({ address: 'desk@incoming.example.com', messageId: `reply-${key}@desk.example.com` })
  })

  test('binds a key to a sender without a word', async () => {
    const minted = await run(...mintArgs, '--sender', '"Ann"@Example.NET', '--json')
    expect(minted).toMatchObject({ status: 0, err: '' })
    const { key } = JSON.parse(minted.out)
    expect((await run('inspect', key, '--sender', 'ann@example.net')).status).toBe(0)
  })

  test('notes a local part over 64 octets', async () => {
    const long = await run(...mintArgs, '--subject', 'x'.repeat(21))
    expect(long).toMatchObject({ status: 0, err: expect.stringMatching(/local part has 65 octets/) })
    expect((await run(...mintArgs, '--subject', 'x'.repeat(20))).err).toBe('')
  })

  test.each([
    [['mint', '--mailbox', 'nope', '--route', 'reply', '--subject', 'x'], 64, /no mailbox “nope”; there is “incoming”, “desk”, “last”/],
    [['mint', '--mailbox', 'incoming', '--route', 'nope', '--subject', 'x'], 64, /no route “nope”; it has “reply”, “listed”/],
    [['mint', '--mailbox', 'incoming', '--route', 'listed', '--subject', 'x'], 78, /no signed keys/],
    [['mint', '--mailbox', 'incoming', '--route', 'reply'], 64, /--subject/],
    [[...mintArgs, '--expires', 'soon'], 64, /“soon” is no expiry/],
    [[...mintArgs, '--expires', '2027-02-29'], 64, /is no expiry/],
    [[...mintArgs, '--expires', '2026-11-21T12:00:00Z'], 64, /not in the future/],
    [[...mintArgs, '--expires', '0d'], 64, /not in the future/],
    [[...mintArgs, '--expires', '36500d'], 64, /2106/],
    [['mint', ...reply, '--subject', 'x'.repeat(33)], 64, /1 to 32 octets of UTF-8, this one 33/],
    [['mint', ...reply, '--subject', ''], 64, /1 to 32 octets/],
    [[...mintArgs, '--sender', 'example.net'], 64, /The sender of a signed key is one address, not "example.net"/],
    [[...mintArgs, '--sender', ''], 64, /is one address, not ""/],
    [[...mintArgs, '--nope'], 64, /--nope/],
  ])('%j is refused with %i', async (args, status, message) => {
    const ran = await run(...args)
    expect(ran).toMatchObject({ status, out: '', err: expect.stringMatching(message) })
    expect(ran.err).toMatch(/^.*\n$/)
  })
})

describe('inspect', () => {
  const key = (more: object = {}) =>
    mintSignedKey({ secret: first.octets, keyId: 1, mailbox: 'incoming', route: 'reply', subject: 't\u001b[1m', ...more })

  test('a good key, bare, in an address of any case, in angle brackets', async () => {
    for (const text of [key(), `INCOMING+${key().toUpperCase()}@Incoming.Example.COM`, `<incoming+${key()}@incoming.example.com>`]) {
      const { status, out } = await run('inspect', text, '--json')
      expect(status).toBe(0)
      const said = { good: true, keyId: 1, subject: 't\u001b[1m', expires: null, expired: false, senderHash: null, signature: 'good' }
      expect(JSON.parse(out)).toMatchObject({ ...said, mailbox: 'incoming', route: 'reply' })
    }
  })

  test('for people: one field a line, control characters escaped', async () => {
    const { out } = await run('inspect', key({ expires: Date.parse('2027-01-01'), sender: 'ann@example.net' }))
    expect(out).toMatch(/^subject: {3}"t\\u001b\[1m"$/m)
    expect(out).toMatch(/^expires: {3}2027-01-01T00:00:00Z$/m)
    expect(out).toMatch(/^sender: {4}bound \(hash [0-9a-f]{12}\)$/m)
    expect(out).toMatch(/^signature: good \(mailbox incoming, route reply\)\ngood\n$/m)
  })

  test('an expired key: the signature is good, the key is not', async () => {
    const before = await run('inspect', key({ expires: now + 1000 }), '--json')
    expect([before.status, JSON.parse(before.out).expired]).toEqual([0, false])
    const { status, out } = await run('inspect', key({ expires: now }), '--json')
    expect([status, JSON.parse(out)]).toEqual([1, expect.objectContaining({ good: false, expired: true, signature: 'good' })])
    expect((await run('inspect', key({ expires: now }))).out).toMatch(/2026-11-21T12:00:00Z \(has expired\)\n.*\nNOT GOOD/)
  })

  test.each([
    ['another place', key(), ['--mailbox', 'last', '--route', 'r'], { signature: 'no secret with this key id' }],
    ['another secret', key({ secret: Buffer.alloc(32, 3) }), [], { signature: 'bad' }],
    ['another key id', key({ keyId: 77 }), [], { signature: 'no secret with this key id' }],
    ['another mailbox’s address', `l-${key({ keyId: 255 })}@incoming.example.com`, [], { signature: 'bad' }],
    ['no key', 'hello', [], { problem: 'no signed key has this length' }],
    ['foreign version', 'q'.repeat(37), [], { problem: 'of another version of the format, or no signed key' }],
  ])('%s is not good', async (_, text, more, said) => {
    const { status, out, err } = await run('inspect', text, ...more, '--json')
    expect({ status, err, said: JSON.parse(out) }).toMatchObject({
      status: 1,
      err: 'The key is not good.\n',
      said: { good: false, ...said },
    })
  })

  test.each([
    [{ sender: 'ann@example.net' }, 'ANN@example.net', true, /^sender: {4}bound \(hash [0-9a-f]{12}\), to this one$/m],
    [{ sender: 'ann@example.net' }, 'bob@example.net', false, /^sender: {4}bound \(hash [0-9a-f]{12}\), to another one$/m],
    [{}, 'bob@example.net', true, /^signature: good/m],
  ])('bound as %j, asked about %s: %s', async (more, sender, matches, said) => {
    const { status, out, err } = await run('inspect', key(more), '--sender', sender, '--json')
    expect({ status, err, said: JSON.parse(out) }).toMatchObject({
      status: matches ? 0 : 1,
      err: matches ? '' : 'The key is bound to another sender.\n',
      said: { good: true, senderMatches: matches },
    })
    expect((await run('inspect', key(more), '--sender', sender)).out).toMatch(said)
  })

  test('a sender is told of an expired key too, not of a forged one, and only where asked', async () => {
    const asked = async (made: string, ...more: readonly string[]) =>
      JSON.parse((await run('inspect', made, ...more, '--json')).out).senderMatches
    const bound = { sender: 'ann@example.net' }
    expect(await asked(key({ ...bound, expires: now }), '--sender', 'ann@example.net')).toBe(true)
    expect(await asked(key({ ...bound, secret: Buffer.alloc(32, 3) }), '--sender', 'ann@example.net')).toBeUndefined()
    expect(await asked(key(bound))).toBeUndefined()
    expect(await run('inspect', key(bound), '--sender', 'ann')).toMatchObject({
      status: 64,
      out: '',
      err: expect.stringMatching(/“ann” is no address/),
    })
  })

  test('what is neither key nor address of ours is a usage error', async () => {
    expect(await run('inspect', 'a b@c')).toMatchObject({ status: 64, err: expect.stringMatching(/neither a key nor an address/) })
    expect(await run('inspect', 'x@example.org')).toMatchObject({ status: 64, err: expect.stringMatching(/matches no mailbox/) })
    expect(await run('inspect', 'x', '--mailbox', 'incoming')).toMatchObject({ status: 64, err: expect.stringMatching(/go together/) })
  })
})

describe('rotate', () => {
  test('writes the next secret once, mode 0600, and says what to do', async () => {
    const file = join(folder, '3')
    const { status, out } = await run('rotate', ...reply)
    expect(status).toBe(0)
    expect(out).toContain(` secrets: { 2: { … }, 3: { file: ${file} } }\n`)
    expect(out).toContain(`\n     secrets:\n       2: { … }\n       3: { file: ${file} }\n`)
    expect(out).toContain('npm run -s postern -- keys mint --mailbox incoming --route reply --subject SUBJECT\n')
    expect(out.indexOf('Reload')).toBeLessThan(out.indexOf('mint with'))
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const written = readFileSync(file, 'utf8')
    expect(written).toMatch(/^[A-Za-z0-9+/]{43}=\n$/)
    const again = await run('rotate', ...reply, '--json')
    expect(again).toMatchObject({ status: 78, out: '', err: expect.stringMatching(/there already/) })
    expect(readFileSync(file, 'utf8')).toBe(written)
    rmSync(file)
    expect(JSON.parse((await run('rotate', ...reply, '--json')).out)).toEqual({ id: 3, file, line: `3: { file: ${file} }` })
    expect(readFileSync(file, 'utf8')).not.toBe(written)
    expect(readdirSync(folder)).toEqual(['3'])
  })

  test('needs a neighbour on disk and a free id above', async () => {
    expect(await run('rotate', '--mailbox', 'desk', '--route', 'reply')).toMatchObject({
      status: 78,
      err: expect.stringMatching(/comes from a file/),
    })
    expect(await run('rotate', '--mailbox', 'last', '--route', 'r')).toMatchObject({
      status: 78,
      err: expect.stringMatching(/highest key id/),
    })
  })
})
