// Secrets of a first start: made once, whole, readable by us alone, and only where the configuration asks for it.
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { createFirstStart, createSecretFile } from '../../../src/config/first-start.ts'
import { loadConfig } from '../../../src/config/load.ts'
import { good } from './build.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postern-'))
})
afterEach(() => rm(folder, { recursive: true }))

async function write(secret: object): Promise<string> {
  const key = { signed: { secrets: { 1: secret } } }
  const mailboxes = [
    {
      name: 'm',
      address: 'a+%{key}@example.com',
      routes: [
        { name: 'r', key, processor: 'shelf' },
        { name: 's', key, processor: 'shelf' },
      ],
    },
  ]
  const file = join(folder, 'postern.yaml')
  await writeFile(
    file,
    stringify({
      ...good(),
      notices: undefined,
      listeners: { smtp: { host: '127.0.0.1', port: 0 } },
      mailboxes,
      processors: { shelf: { inbox: {} } },
    }),
  )
  return file
}

test('a missing secret with create: true is made by the first start, not by loading', async () => {
  const secretFile = join(folder, 'var', 'keys', '1')
  const config = await loadConfig(await write({ file: secretFile, create: true }))
  const key = config.mailboxes[0]!.routes[0]!.key
  const secret = key !== undefined && 'signed' in key ? key.signed.secrets[1] : undefined
  expect(() => secret?.reveal()).toThrow('is made when the server first starts')
  expect(await createFirstStart(config)).toEqual([secretFile])
  expect(await createFirstStart(config)).toEqual([])
  const text = await readFile(secretFile, 'utf8')
  expect(text).toMatch(/^[A-Za-z0-9+/]{43}=\n$/)
  expect(secret?.reveal()).toEqual(new Uint8Array(Buffer.from(text, 'base64')))
  expect((await stat(secretFile)).mode & 0o777).toBe(0o600)
  expect((await stat(join(folder, 'var', 'keys'))).mode & 0o777).toBe(0o700)
  expect(await readdir(join(folder, 'var', 'keys'))).toEqual(['1'])
  expect(await createFirstStart(await loadConfig(join(folder, 'postern.yaml')))).toEqual([])
  expect(await readFile(secretFile, 'utf8')).toBe(text)
})

test('without create a missing secret is an error, and with create so is a bad one', async () => {
  const secretFile = join(folder, '1')
  await expect(loadConfig(await write({ file: secretFile }))).rejects.toThrow('is not there')
  await expect(loadConfig(await write({ file: secretFile, create: false }))).rejects.toThrow('is not there')
  await writeFile(secretFile, '')
  await expect(loadConfig(await write({ file: secretFile, create: true }))).rejects.toThrow('has the wrong form')
})

test('many starts at once make one secret', async () => {
  const file = join(folder, 'keys', '1')
  const made = await Promise.all(Array.from({ length: 20 }, () => createSecretFile(file)))
  expect(made.filter(Boolean)).toHaveLength(1)
  expect(await readdir(join(folder, 'keys'))).toEqual(['1'])
})
