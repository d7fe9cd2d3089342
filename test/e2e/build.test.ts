import { execFile } from 'node:child_process'
import { readdirSync, symlinkSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startDns } from '../support/dns.ts'
import { mailClient } from '../support/mail-client.ts'
import { makePostern, type Postern, removeFolder, temporaryFolder } from '../support/postern.ts'
import { skipWithout } from '../support/services.ts'

const missing = skipWithout('nsd')
const run = promisify(execFile)
const root = path.join(import.meta.dirname, '../..')
const at = { folder: '', dist: '' }

// As in the image: package.json, node_modules, config and dist side by side, and no src.
beforeAll(async () => {
  at.folder = await temporaryFolder('build')
  at.dist = path.join(at.folder, 'dist')
  await run(process.execPath, [path.join(root, 'deploy', 'build.ts'), at.dist])
  await copyFile(path.join(root, 'package.json'), path.join(at.folder, 'package.json'))
  for (const name of ['node_modules', 'config']) symlinkSync(path.join(root, name), path.join(at.folder, name))
})
afterAll(() => removeFolder(at.folder))

const files = (folder: string) => readdirSync(folder, { recursive: true, withFileTypes: true }).filter(file => file.isFile())

describe('npm run build', () => {
  test('gives each module and each other file of src', () => {
    const under = (folder: string) =>
      files(folder)
        .map(file => path.relative(folder, path.join(file.parentPath, file.name)).replace(/\.[jt]s$/, '.js'))
        .sort()
    expect(under(at.dist)).toEqual(under(path.join(root, 'src')))
  })

  test('gives a command that can be started', async () => {
    const { stdout } = await run(path.join(at.dist, 'cli.js'), ['--version'], {
      env: { PATH: `${path.dirname(process.execPath)}:${process.env.PATH}` },
    })
    expect(stdout.trim()).toMatch(/^\d+\.\d+\.\d+$/)
  })

  test('gives a server that takes mail, threads and page included', async () => {
    const postern: Postern = await makePostern({ folder: path.join(at.folder, 'run'), cli: path.join(at.dist, 'cli.js') })
    await postern.start()
    try {
      const { stdout } = await postern.run('send-test')
      expect(stdout).toMatch(/^state +delivered$/m)
      expect((await fetch(`http://127.0.0.1:${postern.ports.http}/style.css`)).status).toBe(200)
    } finally {
      expect(await postern.end('SIGTERM')).toBe(0)
    }
  })

  test.skipIf(missing !== null)(
    `gives a server that finds out who wrote, with texts for notices${missing === null ? '' : ` (${missing})`}`,
    async () => {
      const dns = await startDns({ zones: { 'passes.example': { TXT: ['v=spf1 ip4:127.0.0.1 -all'] } } })
      const postern: Postern = await makePostern({
        folder: path.join(at.folder, 'run-authentication'),
        cli: path.join(at.dist, 'cli.js'),
        authentication: `{ dns: { servers: ['${dns.server}'] }, trusted: { relays: [] } }`,
        notices: '{ from: postmaster@incoming.example.com, language: de, smtp: { host: 127.0.0.1, port: 25 } }',
      })
      try {
        await postern.start()
        const client = await mailClient({ port: postern.ports.smtp })
        await client.command('MAIL FROM:<bob@passes.example>')
        await client.command(`RCPT TO:<${await postern.mint('ticket-1')}>`)
        await client.command('DATA')
        expect((await client.data('From: bob@passes.example\r\nSubject: built\r\n\r\nYes.\r\n'))[0]).toMatch(/^250 /)
        client.close()
        const [row] = await postern.messages('text=built')
        expect((await postern.message(row!.id)).authentication).toMatchObject({
          from: { address: 'bob@passes.example', authenticated: true, how: 'spf' },
          spf: { result: 'pass' },
        })
      } finally {
        if (postern.running) expect(await postern.end('SIGTERM')).toBe(0)
        await dns.stop()
      }
    },
  )
})
