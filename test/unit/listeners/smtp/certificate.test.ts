import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { copyFile, readFile, rename } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Certificate, openCertificate, readCertificate } from '../../../../src/listeners/smtp/certificate.ts'
import { makeCertificate } from '../../../support/certificate.ts'
import { skipWithout } from '../../../support/services.ts'
import { testSite } from '../../../support/site.ts'

const missing = skipWithout('openssl')
let folder: string
let open: Certificate | null = null
const at = (name: string) => path.join(folder, name)

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'postern-pair-'))
})
afterEach(async () => {
  await open?.close()
  open = null
  rmSync(folder, { recursive: true, force: true })
})

describe.skipIf(missing !== null)('a bad pair', () => {
  test.each<[string, (files: { certificate: string; key: string }) => void, RegExp]>([
    ['no certificate file', ({ certificate }) => rmSync(certificate), /certificate\.pem: ENOENT$/],
    ['no key file', ({ key }) => rmSync(key), /key\.pem: ENOENT$/],
    ['no certificate in it', ({ certificate }) => writeFileSync(certificate, 'hello'), /certificate\.pem: no certificate: /],
    ['no key in it', ({ key }) => writeFileSync(key, ''), /key\.pem: no private key \(PEM, without a passphrase\): /],
  ])('%s', async (_, spoil, expected) => {
    const files = makeCertificate(folder)
    spoil(files)
    await expect(readCertificate(files)).rejects.toThrow(expected)
    await expect(openCertificate(files, testSite().log)).rejects.toThrow(expected)
  })

  test('the key of another certificate', async () => {
    const files = makeCertificate(folder)
    await copyFile(files.certificate, at('other.pem'))
    makeCertificate(folder)
    await expect(readCertificate({ ...files, certificate: at('other.pem') })).rejects.toThrow(
      `${files.key}: not the key of the certificate in ${at('other.pem')}`,
    )
  })
})

describe.skipIf(missing !== null)('a pair that changes', () => {
  const opened = async () => {
    const files = makeCertificate(folder)
    const { log, logged } = testSite()
    open = await openCertificate(files, log, 20)
    return { files, logged, first: open.context() }
  }

  test('is taken as a whole', async () => {
    const { logged, first } = await opened()
    makeCertificate(folder, 'second.test')
    await expect.poll(() => open!.context()).not.toBe(first)
    expect(logged).toEqual([expect.objectContaining({ level: 'info', text: 'certificate loaded' })])
  })

  test('half of it, or rubbish, changes nothing and is said once; the other half makes it good', async () => {
    const { files, logged, first } = await opened()
    const old = await readFile(files.key)
    makeCertificate(folder, 'second.test')
    await rename(files.key, at('second-key.pem'))
    writeFileSync(files.key, old)
    const said = () => logged.map(({ level, text }) => `${level} ${text}`)
    const mismatch = `error the certificate stays as it was: ${files.key}: not the key of the certificate in ${files.certificate}`
    await expect.poll(said).toContain(mismatch)
    await new Promise(resolve => setTimeout(resolve, 150))
    expect(said().filter(line => line === mismatch)).toHaveLength(1)
    expect(open!.context()).toBe(first)
    await rename(at('second-key.pem'), files.key)
    await expect.poll(() => open!.context()).not.toBe(first)
    expect(said().at(-1)).toBe('info certificate loaded')
  })

  test('that goes away changes nothing and is said once', async () => {
    const { files, logged, first } = await opened()
    rmSync(files.key)
    await expect.poll(() => logged.length).toBe(1)
    await new Promise(resolve => setTimeout(resolve, 150))
    expect(logged).toEqual([expect.objectContaining({ level: 'error', text: expect.stringContaining('stays as it was: ENOENT') })])
    expect(open!.context()).toBe(first)
  })

  test('touched without a change is no news', async () => {
    const { files, logged, first } = await opened()
    await copyFile(files.key, at('copy'))
    await rename(at('copy'), files.key)
    await new Promise(resolve => setTimeout(resolve, 150))
    expect(logged).toEqual([])
    expect(open!.context()).toBe(first)
  })
})
