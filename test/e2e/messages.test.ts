/** `postern messages` at a running server, and in the spool while the server is down. */
import { readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { MessageRow } from '../../src/transaction/desk.ts'
import { deliver, mailClient } from '../support/mail-client.ts'
import { makePostern, type Postern, removeFolder, temporaryFolder } from '../support/postern.ts'

let folder: string
let postern: Postern

beforeEach(async () => {
  folder = await temporaryFolder('messages')
})
afterEach(async () => {
  if (postern.running) await postern.end('SIGKILL')
  await removeFolder(folder)
})

/** Exit status and output; rejections of execFile are answers here. */
async function messages(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return postern.run('messages', ...args).then(
    done => ({ code: 0, ...done }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  )
}

const rows = async (...args: readonly string[]): Promise<readonly MessageRow[]> =>
  JSON.parse((await messages('list', '--json', ...args)).stdout).messages

test('where nobody listens and no spool is, none is made', async () => {
  postern = await makePostern({ folder })
  expect(await messages('list')).toMatchObject({ code: 1, stderr: expect.stringContaining('there is no spool in') })
  const { stderr } = await messages('retry', '--all', '--yes')
  expect(stderr).toContain('there is no spool in')
})

test('a failed delivery is found, retried and exported, with the server and without it', async () => {
  // Nobody listens at port 9: what is tried stays queued.
  await writeFile(path.join(folder, 'secret'), 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD')
  const processor = '{ webhook: { url: "http://127.0.0.1:9/", secret: { file: secret }, timeout: 1s } }'
  postern = await makePostern({ folder, processor })
  await postern.start()
  const to = await postern.mint('ticket')
  const raw = 'From: writer@example.org\r\nSubject: one\r\n\r\nhello\r\n'
  const client = await mailClient({ port: postern.ports.smtp })
  for (const subject of ['one', 'two'])
    expect(await deliver(client, { sender: 'writer@example.org', recipient: to, message: raw.replace('one', subject) })).toMatch(/^250/)
  client.close()
  const [two, one] = await rows('--state', 'queued')
  expect([one?.subject, two?.subject]).toEqual(['one', 'two'])
  expect((await messages('show', one!.id)).stdout).toContain('Subject        one')
  expect(await messages('discard', one!.id, two!.id)).toMatchObject({ code: 0, stdout: '2 deliveries discarded.\n' })
  expect(await messages('release', '--state', 'discarded', '--text', 'two')).toMatchObject({
    code: 64,
    stderr: expect.stringContaining('--yes'),
  })
  await postern.end('SIGTERM')

  expect((await rows()).map(({ state }) => state)).toEqual(['discarded', 'discarded'])
  const released = await messages('release', '--state', 'discarded', '--text', 'two', '--yes')
  expect(released).toMatchObject({ code: 0, stdout: '1 delivery queued.\n', stderr: expect.stringContaining('The server is down') })
  expect(await messages('export', one!.id, '--directory', path.join(folder, 'out'))).toMatchObject({ code: 0 })
  expect(await readdir(path.join(folder, 'out'))).toEqual([`${one!.id}.eml`])
  expect(await readFile(path.join(folder, 'out', `${one!.id}.eml`), 'utf8')).toBe(raw)
  expect(await messages('retry', one!.id)).toMatchObject({ code: 1, stderr: expect.stringContaining('found is discarded') })

  await postern.start()
  expect((await rows('--state', 'discarded')).map(({ subject }) => subject)).toEqual(['one'])
  // A configuration that names no listener: the running server has the spool.
  const config = await readFile(postern.config, 'utf8')
  await writeFile(postern.config, config.replace(/^ {2}http:.*\n/m, ''))
  expect(await messages('list')).toMatchObject({ code: 1, stderr: expect.stringContaining('is in use by another process') })
})

test('what a program wrote is found with its delivery', async () => {
  const processor = `{ command: { run: [/bin/sh, -c, 'cat > /dev/null; echo looking up; echo "in app.sh, line 7" >&2; exit 75'], timeout: 30s } }`
  postern = await makePostern({ folder, processor })
  await postern.start()
  const client = await mailClient({ port: postern.ports.smtp })
  const message = 'From: writer@example.org\r\nSubject: one\r\n\r\nhello\r\n'
  expect(await deliver(client, { sender: 'writer@example.org', recipient: await postern.mint('ticket'), message })).toMatch(/^250/)
  client.close()
  const [one] = await rows()
  const shown = async () => (await messages('show', one!.id)).stdout
  await expect.poll(shown).toContain('Last attempt exit status 75 (not now): in app.sh, line 7')
  const written = ['Standard output:', 'looking up', 'Standard error:', 'in app.sh, line 7']
  expect(await shown()).toContain(`  Answer\n${written.map(line => `    ${line}\n`).join('')}`)
  const page = await fetch(`http://127.0.0.1:${postern.ports.http}/messages/${one!.id}`).then(answer => answer.text())
  expect(page).toContain(`>${written.join('\n')}</pre>`)
})
