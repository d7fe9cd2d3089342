import { appendFileSync, chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { fileKeys } from '../../../src/keys/file.ts'
import { keyTableReader } from '../../../src/keys/key-table.ts'
import type { KeyCheck, KeyVerifier } from '../../../src/transaction/ports.ts'

let folder: string
let path: string
let logged: string[]
let verifier: KeyVerifier | undefined

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'postern-keys-'))
  path = join(folder, 'keys')
  logged = []
})
afterEach(async () => {
  await verifier?.close?.()
  verifier = undefined
  rmSync(folder, { recursive: true })
})

const log = {
  debug() {},
  info: (_: object, text: string) => logged.push(text),
  warn() {},
  error: (_: object, text: string) => logged.push(`error: ${text}`),
}
const errors = () => logged.filter(text => text.startsWith('error'))
const start = async () => (verifier = await fileKeys({ path, log, interval: 10 }))
const kind = (key: string) => {
  const query = { mailbox: 'm', route: 'r', key, recipient: '', sender: '', client: null, at: 1 }
  return (verifier!.verify(query) as KeyCheck).kind
}
const quiet = () => new Promise(resolve => setTimeout(resolve, 100))

describe('at start', () => {
  test('a bad line refuses to start, by file and line and without the key', async () => {
    writeFileSync(path, 'good\n\nsecret-key expires=tomorrow\n')
    await expect(start()).rejects.toThrow(`${path}:3: expires is a time such as`)
    await expect(start()).rejects.not.toThrow('secret-key')
  })

  test('a folder in its place refuses to start', async () => {
    mkdirSync(path)
    await expect(start()).rejects.toThrow(/EISDIR/)
  })

  test('a file that is not there yet is awaited', async () => {
    await start()
    expect(errors()).toEqual([expect.stringMatching(/no key can be checked before this file comes: ENOENT/)])
    expect(kind('a')).toBe('unavailable')
    writeFileSync(path, 'a\n')
    await expect.poll(() => kind('a')).toBe('valid')
  })
})

describe('reload', () => {
  test('by rename, in place, and by a write of the same size and time', async () => {
    writeFileSync(path, 'one\n')
    await start()
    expect([kind('one'), kind('two')]).toEqual(['valid', 'unknown'])
    writeFileSync(`${path}.new`, 'two\n')
    renameSync(`${path}.new`, path)
    await expect.poll(() => [kind('one'), kind('two')]).toEqual(['unknown', 'valid'])
    const same = new Date('2026-11-01T00:00:00Z')
    appendFileSync(path, 'three\n')
    utimesSync(path, same, same)
    await expect.poll(() => [kind('two'), kind('three')]).toEqual(['valid', 'valid'])
    await quiet()
    writeFileSync(path, 'ten\nthree\n')
    utimesSync(path, same, same)
    await expect.poll(() => [kind('two'), kind('ten')]).toEqual(['unknown', 'valid'])
    expect(errors()).toEqual([])
  })

  test('a bad line keeps the old keys and says so once, until the file is mended', async () => {
    writeFileSync(path, 'one\n')
    await start()
    writeFileSync(path, 'two\nthree four\n')
    await expect.poll(() => errors()).toEqual([expect.stringContaining(`the keys stay as they were: ${path}:2: `)])
    await quiet()
    expect([kind('one'), kind('two'), errors().length]).toEqual(['valid', 'unknown', 1])
    writeFileSync(path, 'two\n')
    await expect.poll(() => [kind('one'), kind('two')]).toEqual(['unknown', 'valid'])
  })

  test('a file that goes away keeps the old keys, says so once, and may come back', async () => {
    writeFileSync(path, 'one\n')
    await start()
    unlinkSync(path)
    await expect.poll(() => errors()).toEqual([expect.stringMatching(/the keys stay as they were: ENOENT/)])
    await quiet()
    expect([kind('one'), errors().length]).toEqual(['valid', 1])
    writeFileSync(path, 'two\n')
    await expect.poll(() => [kind('one'), kind('two')]).toEqual(['unknown', 'valid'])
  })

  test('a file that is being written is left alone until it holds still', async () => {
    writeFileSync(path, 'one\n')
    verifier = await fileKeys({ path, log, interval: 60 })
    for (let i = 0; i < 25; i++) {
      writeFileSync(path, `half\n${i}\n`)
      await new Promise(resolve => setTimeout(resolve, 10))
      expect(kind('half')).toBe('unknown')
    }
    await expect.poll(() => kind('24')).toBe('valid')
  })

  test('a closed verifier looks no more', async () => {
    writeFileSync(path, 'one\n')
    await start()
    await verifier!.close?.()
    writeFileSync(path, 'two\n')
    chmodSync(path, 0o600)
    await quiet()
    expect([kind('one'), kind('two')]).toEqual(['valid', 'unknown'])
  })
})

function parse(text: string | Buffer) {
  const reader = keyTableReader('keys')
  reader.write(Buffer.from(text as string))
  return reader.end()
}

describe('a line', () => {
  const at = Date.parse('2027-01-01T00:00:00Z')
  const nothing = { expires: null, subject: null, revoked: false }

  test.each([
    ['key', ['key', null]],
    ['\tkey \r', ['key', null]],
    ['\ufeffkey', ['key', null]],
    ['KeY # of Ann', ['KeY', null]],
    ['k#1', ['k#1', null]],
    ['schlüssel', ['schlüssel', null]],
    ['k expires=2027-01-01T00:00:00Z', ['k', { ...nothing, expires: at }]],
    ['k expires=2027-01-01', ['k', { ...nothing, expires: at }]],
    ['k expires=2027-01-01T02:30:00.000+02:30', ['k', { ...nothing, expires: at }]],
    ['k\tsubject=a=b \t expires=2027-01-01 # x', ['k', { ...nothing, subject: 'a=b', expires: at }]],
    ['k revoked', ['k', { ...nothing, revoked: true }]],
    ['k'.repeat(512), ['k'.repeat(512), null]],
    [`k #${'x'.repeat(4093)}`, ['k', null]],
  ])('%j', (line, entry) => {
    expect([...parse(`${line}\n`)]).toEqual([entry])
    expect([...parse(line)]).toEqual([entry])
  })

  test.each(['', '   ', '# key', ' \t# key', '\r'])('%j says nothing', line => {
    expect(parse(`${line}\n`).size).toBe(0)
  })

  test.each([
    ['k extra', /after the key/],
    ['k Expires=2027-01-01', /after the key/],
    ['k expires', /after the key/],
    ['k revoked=yes', /after the key/],
    ['k subject=', /after the key/],
    ['k subject=a b', /after the key/],
    ['k __proto__=1', /after the key/],
    ['k revoked revoked', /revoked is given twice/],
    ['k expires=2027-01-01 expires=2028-01-01', /expires is given twice/],
    ['k expires=2027-02-29', /expires is a time/],
    ['k expires=2027-01-01T00:00:00', /expires is a time/],
    ['k expires=2027-01-01T25:00:00Z', /expires is a time/],
    ['k expires=1', /expires is a time/],
    ['incoming+k@example.com', /whole address/],
    ['k\u0000', /control character/],
    ['k\rk', /control character/],
    ['k'.repeat(513), /longer than 512/],
    [`k #${'x'.repeat(4094)}`, /longer than 4096/],
    [Buffer.from([0x6b, 0xff]), /not UTF-8/],
  ])('%j is refused by its number', (line, message) => {
    const text = Buffer.concat([Buffer.from('first\n#\n'), Buffer.from(line as string)])
    expect(() => parse(Buffer.concat([text, Buffer.from('\n')]))).toThrow(message)
    expect(() => parse(text)).toThrow(/^keys:3: /)
  })

  test('a key that stands twice is refused, whatever is said of it', () => {
    expect(() => parse('a\nA\nb\na revoked\n')).toThrow(/^keys:4: this key stands on an earlier line/)
  })

  test('a file without line ends is refused before it is held in memory', () => {
    const reader = keyTableReader('keys')
    reader.write(Buffer.alloc(4096, 'k'))
    expect(() => reader.write(Buffer.from('k'))).toThrow(/^keys:1: longer than 4096/)
  })
})
