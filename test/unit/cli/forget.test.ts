// `postern keys forget` against a server that answers, one that refuses, and none.
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { Failure } from '../../../src/cli/failure.ts'
import { keysCommand } from '../../../src/cli/keys.ts'
import type { Page } from '../../../src/cli/page.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

interface Asked {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

async function serve(status: number, body: string): Promise<{ readonly url: string; readonly asked: Asked[] }> {
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
    request.on('end', () => {
      asked.push({ method: request.method, url: request.url, headers: request.headers, body: text })
      response.writeHead(status).end(body)
    })
  })
  servers.push(server)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

async function run(page: Page | null, ...args: readonly string[]): Promise<{ readonly out: string; readonly failure: Failure | null }> {
  let out = ''
  const load = async () => ({ mailboxes: [] })
  const command = keysCommand({ load, page: async () => page, print: text => (out += `${text}\n`), now: Date.now })
  const error: unknown = await command.parseAsync(['forget', ...args], { from: 'user' }).then(
    () => null,
    (it: unknown) => it,
  )
  if (error !== null && !(error instanceof Failure)) throw error
  return { out, failure: error }
}

test('asks the server, with the token, for what is named', async () => {
  const { url, asked } = await serve(200, '{"forgotten":2}')
  const page = { url, token: 'a-token-of-24-characters' }
  expect(await run(page, '--mailbox', 'incoming', '--route', 'reply', '--key', 'k')).toEqual({
    out: '2 answers forgotten.\n',
    failure: null,
  })
  expect(asked).toHaveLength(1)
  expect(asked[0]).toMatchObject({
    method: 'POST',
    url: '/api/keys/forget',
    headers: { 'content-type': 'application/json', authorization: 'Bearer a-token-of-24-characters' },
    body: '{"mailbox":"incoming","route":"reply","key":"k"}',
  })
})

test('without a token and without a name all is meant', async () => {
  const { url, asked } = await serve(200, '{"forgotten":1}')
  expect((await run({ url, token: null })).out).toBe('1 answer forgotten.\n')
  expect((await run({ url, token: null }, '--json')).out).toBe('{"forgotten":1}\n')
  expect(asked.map(({ body, headers }) => [body, headers.authorization])).toEqual([
    ['{}', undefined],
    ['{}', undefined],
  ])
})

test.each([
  [404, '{"error":{"message":"No such mailbox or route"}}', 'answers 404: No such mailbox or route'],
  [401, '{"error":{"message":"A token is needed"}}', 'answers 401: A token is needed'],
  [502, '<h1>Bad Gateway</h1>', 'answers 502: <h1>Bad Gateway</h1>'],
  [200, 'null', 'answers 200: null'],
  [200, '{"forgotten":"all"}', 'answers 200: {"forgotten":"all"}'],
])('an answer %i %s is a failure that says so', async (status, body, message) => {
  const { url } = await serve(status, body)
  const { out, failure } = await run({ url, token: null })
  expect([out, failure?.message, failure?.exit]).toEqual(['', `${url} ${message}`, 1])
})

test('a server that does not run is a failure that says so', async () => {
  const { failure } = await run({ url: 'http://127.0.0.1:2', token: null })
  expect(failure?.message).toBe('http://127.0.0.1:2 can’t be asked: connect ECONNREFUSED 127.0.0.1:2. Is the server running?')
})

test('no HTTP listener is the configuration’s fault', async () => {
  const { failure } = await run(null)
  expect([failure?.exit, failure?.message]).toEqual([78, expect.stringContaining('listeners.http')])
})

test.each([
  [['--route', 'reply'], '--route needs --mailbox'],
  [['--key', ''], '--key is empty'],
  [['--mailbox', ''], '--mailbox is empty'],
])('%j is wrong usage', async (args, message) => {
  const { failure } = await run({ url: 'http://127.0.0.1:2', token: null }, ...args)
  expect([failure?.exit, failure?.message]).toEqual([64, expect.stringContaining(message)])
})
