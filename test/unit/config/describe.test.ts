// The effective configuration as it is printed, and the pages made from the schema.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { configJsonSchema, configMarkdown } from '../../../docs/generate-config.ts'
import { describeYaml, describe as effective } from '../../../src/config/describe.ts'
import { loadConfig, parseConfig } from '../../../src/config/load.ts'
import type { ReadSecret } from '../../../src/config/secret.ts'
import { keyChecks } from '../../../src/main/key-checks.ts'
import { good, load, passwordText, read, signing, webhookText } from './build.ts'

test('everything stands in the words of the file, secrets by their origin', () => {
  const yaml = describeYaml(load(good()))
  expect(parse(yaml)).toMatchObject({
    limits: { 'message-size': '10MiB', 'transaction-time': '10m', 'minimum-rate': '1KiB' },
    retention: { held: '90d', delivered: '7d' },
    listeners: { lmtp: [{ path: 'run/lmtp.sock', mode: '0600' }, { port: 2424 }], http: [{ token: '(from environment TOKEN)' }] },
    mailboxes: [{ routes: [{ key: { signed: { secrets: { 1: '(from file sign-1)' } } } }, {}] }, {}, {}, {}],
    processors: { app: { webhook: { secret: ['(from environment HOOK)'], timeout: '5s', concurrency: 8 } } },
    postmaster: 'shelf',
  })
  for (const secret of [signing, webhookText, passwordText, 'open-sesame']) expect(yaml).not.toContain(secret)
})

test('what is printed loads again and comes to the same, once secrets stand there', () => {
  for (const endings of ['reject', 'normalize', undefined]) {
    const config = load({ ...good(), 'line-endings': endings })
    const restored = JSON.parse(
      JSON.stringify(effective(config)).replace(/"\(from (file|environment) ([^)]+)\)"/g, (_, kind: string, name: string) =>
        JSON.stringify({ [kind === 'file' ? 'file' : 'env']: name }),
      ),
    )
    expect(JSON.parse(JSON.stringify(load(restored)))).toEqual(JSON.parse(JSON.stringify(config)))
  }
})

test('the password of the server for notices is not printed', () => {
  const smtp = { host: 'relay.example.com', tls: 'required', username: 'postern', password: { env: 'PASS' }, ca: 'PEM-ca' }
  const config = load({ ...good(), notices: { from: 'postmaster@example.com', smtp } })
  expect(config.notices?.smtp.password?.reveal()).toBe(passwordText)
  for (const print of [describeYaml(config), JSON.stringify(config)]) expect(print).not.toContain(passwordText)
  expect(describeYaml(config)).toContain('password: (from environment PASS)')
})

test('a secret of a first start is named as such', () => {
  const config = parseConfig(stringify(good()), 'f', {
    read: place => ('file' in place && place.file.startsWith('sign') ? { missing: place.file } : read(place)),
  })
  expect(describeYaml(config)).toContain('(from file sign-1, made on first start)')
})

test('a token in the address of a webhook is not printed', () => {
  const app = { webhook: { url: 'http://127.0.0.1:3000/in?token=hunter2' } }
  const yaml = describeYaml(load({ ...good(), processors: { ...(good().processors as object), app } }))
  expect(yaml).toContain('url: http://127.0.0.1:3000/in?…')
  expect(yaml).not.toContain('hunter2')
})

const folder = join(import.meta.dirname, '../../../config')
/** A secret of the right form wherever the file wants one. */
const anySecret: ReadSecret = place => {
  const name = 'file' in place ? place.file : place.env
  if (/webhook/i.test(name)) return { text: webhookText }
  return { text: /token/.test(name) ? 'open-sesame-open-sesame' : signing }
}
test.each(readdirSync(folder).filter(file => file.endsWith('.yaml')))('config/%s loads', file => {
  const config = parseConfig(readFileSync(join(folder, file), 'utf8'), file, { read: anySecret, checks: keyChecks })
  expect(config.mailboxes.length).toBeGreaterThan(0)
})

test('the embedded default stays on this machine', async () => {
  const { listeners, hostname, mailboxes } = await loadConfig(join(folder, 'postern.yaml'), {})
  expect([...listeners.smtp, ...listeners.lmtp, ...listeners.http].map(({ at }) => at)).toEqual([
    { host: '127.0.0.1', port: 2525 },
    { host: '127.0.0.1', port: 2424 },
    { host: '127.0.0.1', port: 8025 },
  ])
  expect([hostname, ...mailboxes.map(({ address }) => address)].every(name => name.endsWith('.localhost'))).toBe(true)
})

test('the page has a row for every key that may be written', () => {
  const page = configMarkdown()
  for (const key of ['hostname', 'listeners.lmtp.trusted', 'spool.sqlite.minimum-free', 'mailboxes[].routes[].key.signed.secrets.ID']) {
    expect(page).toContain(`| \`${key}\` |`)
  }
  expect(page).toContain('| `limits.message-size` | size, 1KiB to 1GiB | `25MiB` |')
  expect(JSON.parse(configJsonSchema())).toMatchObject({
    required: ['hostname', 'listeners', 'mailboxes', 'processors'],
    additionalProperties: false,
  })
  expect(configJsonSchema()).not.toContain('"kind"')
})
