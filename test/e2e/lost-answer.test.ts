/**
 * A client that loses the answer to the final dot after every possible octet of it, and sends again until it has the whole: the
 * application is called once for each message, whether it is asked before the answer or afterwards.
 */
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makePostern, type Postern, removeFolder, temporaryFolder } from '../support/postern.ts'
import { type Application, answering, startApplication } from '../support/scripted-application.ts'

interface Letter {
  readonly port: number
  readonly lmtp: boolean
  readonly recipient: string
  readonly n: number
}

const commands = ({ lmtp, recipient }: Letter) => [
  `${lmtp ? 'LHLO' : 'EHLO'} client.example.org`,
  'MAIL FROM:<writer@example.org>',
  `RCPT TO:<${recipient}>`,
  'DATA',
]
const message = ({ n, recipient }: Letter) =>
  `From: writer@example.org\r\nTo: ${recipient}\r\nSubject: lost-${n}-\r\nDate: Sat, 21 Nov 2026 10:00:00 +0000\r\nMessage-ID: <lost-${n}@example.org>\r\n\r\nbody\r\n.\r\n`

/** Reads until a whole reply is there, or `octets` of it. Resolves with what was read. */
function reading(socket: Socket): (octets?: number) => Promise<string> {
  let text = ''
  let look = (): void => {}
  socket.on('data', chunk => {
    text += chunk.toString('latin1')
    look()
  })
  return octets =>
    new Promise((resolve, reject) => {
      look = () => {
        const whole = /^(?:\d{3}-.*\r\n)*\d{3} .*\r\n/.exec(text)?.[0]
        if (octets !== undefined && text.length >= octets) resolve(text.slice(0, octets))
        else if (whole !== undefined) {
          text = text.slice(whole.length)
          resolve(whole)
        }
      }
      socket.once('error', reject)
      socket.once('close', () => reject(new Error('closed')))
      look()
    })
}

/** Sends one message and hangs up after `octets` of the answer to the final dot. Resolves with as much of the answer. */
async function send(letter: Letter, octets?: number): Promise<string> {
  const socket = connect(letter.port, '127.0.0.1')
  const read = reading(socket)
  try {
    await read()
    for (const command of commands(letter)) {
      socket.write(`${command}\r\n`)
      expect(await read()).toMatch(/^(?:250|354)/)
    }
    socket.write(message(letter))
    // None of it: gone while the message is being kept.
    return octets === 0 ? '' : await read(octets)
  } finally {
    socket.destroy()
  }
}

describe.each(['queued', 'inline'])('handoff: %s', handoff => {
  let folder: string
  let postern: Postern
  let application: Application
  let recipient: string
  beforeAll(async () => {
    folder = await temporaryFolder('lost-answer')
    application = await startApplication(answering(200, '{"verdict":"accept"}', { 'content-type': 'application/json' }))
    postern = await makePostern({
      folder,
      smtp: 'early-talker: 0s',
      processor: `{ webhook: { url: '${application.url}' } }`,
      more: `delivery: { handoff: ${handoff} }\nlimits: { connections-per-network: 1000, errors: 100000 }`,
    })
    await postern.start()
    recipient = await postern.mint('lost')
  })
  afterAll(async () => {
    if (postern?.running) await postern.end('SIGKILL')
    await application?.close()
    await removeFolder(folder)
  })

  test.each(['smtp', 'lmtp'] as const)('%s', async protocol => {
    const offset = protocol === 'smtp' ? 0 : 1_000
    const to = { port: postern.ports[protocol], lmtp: protocol === 'lmtp', recipient }
    const whole = await send({ ...to, n: offset })
    expect(whole).toMatch(/^250 2\.6\.0 .*\r\n$/)
    const numbers = Array.from({ length: whole.length + 1 }, (_, octets) => octets)
    for (const octets of numbers) {
      const letter = { ...to, n: offset + 1 + octets }
      const heard = await send(letter, octets)
      expect(heard.length).toBe(octets)
      // It has no answer that is whole: again, at once and once more.
      if (!heard.endsWith('\r\n')) {
        await send(letter, octets)
        expect(await send(letter)).toMatch(/^250 /)
      }
    }
    const expected = numbers.map(octets => offset + 1 + octets)
    const calls = () =>
      application.requests.flatMap(({ body, headers }) => {
        const n = Number(/"subject":"lost-(\d+)-"/.exec(body)?.[1] ?? Number.NaN)
        return expected.includes(n) ? [{ n, id: headers['idempotency-key'] }] : []
      })
    for (const end = Date.now() + 20_000; calls().length < expected.length && Date.now() < end; ) await sleep(50)
    // A double would be there within moments.
    await sleep(300)
    expect(
      calls()
        .map(({ n }) => n)
        .sort((a, b) => a - b),
    ).toEqual(expected)
    expect(new Set(calls().map(({ id }) => id)).size).toBe(expected.length)
  })
})
