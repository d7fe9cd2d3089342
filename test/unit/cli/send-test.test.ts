// `postern send-test` against servers that are not what they should be: it ends in time and says what is wrong.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { Failure } from '../../../src/cli/failure.ts'
import { sendTestCommand } from '../../../src/cli/send-test.ts'
import { loadConfig } from '../../../src/config/load.ts'
import { good } from '../config/build.ts'

let folder = ''
let servers: Server[] = []
const sockets = new Set<Socket>()
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postern-'))
})
afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  for (const server of servers) server.close()
  servers = []
  await rm(folder, { recursive: true })
})

const listen = (talk: (socket: Socket) => void): Promise<number> =>
  new Promise(resolve => {
    const server = createServer(socket => {
      sockets.add(socket.on('error', () => undefined))
      talk(socket)
    })
    servers.push(server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)))
  })

/** Takes any mail and keeps none. */
function swallow(socket: Socket): void {
  let data = false
  socket.write('220 here\r\n')
  socket.on('data', chunk => {
    for (const line of chunk.toString().split('\r\n').slice(0, -1)) {
      if (data && line !== '.') continue
      data = line === 'DATA'
      socket.write(data ? '354 go\r\n' : '250 taken\r\n')
      if (line === 'QUIT') socket.end()
    }
  })
}

async function sendTest(page: number, ...args: string[]): Promise<Failure> {
  const file = join(folder, 'postern.yaml')
  const listeners = { smtp: { host: '127.0.0.1', port: 1 }, http: { host: '127.0.0.1', port: page } }
  await writeFile(file, stringify({ ...good(), listeners, processors: { shelf: { inbox: {} } }, mailboxes: [mailbox] }))
  await writeFile(join(folder, 'keys.txt'), '')
  const command = sendTestCommand({ load: () => loadConfig(file), print: () => undefined }).exitOverride()
  const error = await command.parseAsync(['--to', 'a@example.com', ...args], { from: 'user' }).catch((it: unknown) => it)
  expect(error).toBeInstanceOf(Failure)
  return error as Failure
}
const mailbox = { name: 'all', address: '%{key}@example.com', routes: [{ name: 'r', key: { file: 'keys.txt' }, processor: 'shelf' }] }

test('a page that hangs ends it when --wait is over', async () => {
  const [mail, page] = [await listen(swallow), await listen(() => undefined)]
  const start = performance.now()
  expect((await sendTest(page, '--via', `127.0.0.1:${mail}`, '--wait', '500ms')).message).toMatch(
    /was accepted, but http.*can't be asked: .*time/,
  )
  expect(performance.now() - start).toBeLessThan(5_000)
})

test('a page that is not there is told apart from a message that was refused', async () => {
  const mail = await listen(swallow)
  const { message, exit } = await sendTest(2, '--via', `127.0.0.1:${mail}`)
  expect(message).toBe("The message was accepted, but http://127.0.0.1:2 can't be asked: connect ECONNREFUSED 127.0.0.1:2")
  expect(exit).toBe(1)
})

test.each([
  ['127.0.0.1:0', 64],
  ['127.0.0.1:1', 1],
  ['127.0.0.1:65536', 64],
  ['lmtp:[::1]:99999', 64],
  ['somewhere', 64],
])('--via %s ends with status %i', async (via, exit) => {
  expect((await sendTest(2, '--via', via)).exit).toBe(exit)
})
