// One folder a broken configuration: postern.yaml, what it needs, and the whole report it must end with. Paths in it are
// relative to the folder. To accept reports that were changed on purpose: UPDATE_EXPECTED=1, and read the diff.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { ConfigError, loadConfig } from '../../src/config/load.ts'
import { keyChecks } from '../../src/main/key-checks.ts'

const root = import.meta.dirname
const cases = readdirSync(root, { withFileTypes: true })
  .filter(entry => entry.isDirectory())
  .map(entry => entry.name)

const env = {
  WEBHOOK_SECRET: 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX',
  SIGNING_SECRET: 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=',
  EMPTY: '',
}
const home = process.cwd()
afterEach(() => process.chdir(home))

async function reportOf(folder: string): Promise<string> {
  process.chdir(folder)
  const error = await loadConfig('postern.yaml', env, keyChecks).then(
    () => null,
    (error: unknown) => error,
  )
  if (error === null) return 'accepted'
  if (!(error instanceof ConfigError)) throw error
  return `${error.message}\n`
}

describe.each(cases)('%s', name => {
  const folder = join(root, name)

  test('is refused with the expected report', async () => {
    const report = await reportOf(folder)
    expect(report).not.toBe('accepted')
    const expected = join(folder, 'expected.txt')
    if (process.env.UPDATE_EXPECTED === '1') writeFileSync(expected, report)
    expect(existsSync(expected)).toBe(true)
    expect(report).toBe(readFileSync(expected, 'utf8'))
  })

  test('tells no secret', async () => {
    const report = await reportOf(folder)
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(file => /secret|short|text$/.test(file))
    const contents = files.map(file => readFileSync(join(folder, file), 'utf8').trim())
    for (const secret of [...Object.values(env), ...contents].filter(text => text !== '')) expect(report).not.toContain(secret)
    expect(report).not.toMatch(/whsec_[A-Za-z0-9]|hunter2|open-sesame|AAECAwQF/)
  })
})

test('there are enough of them', () => {
  expect(cases.length).toBeGreaterThanOrEqual(25)
})
