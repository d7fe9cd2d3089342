/**
 * What the development stack must do, one function a step. Each throws with a sentence where it doesn't. The steps follow
 * one another in one stack: none of them may leave it changed.
 */
import { strict as assert } from 'node:assert'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Application } from './application.ts'
import type { Engine } from './engine.ts'
import { askRcpt, attempt, send, untilAnswered } from './mail.ts'

export interface Stack {
  readonly engine: Engine
  readonly app: Application
  /** Where Postfix is published. */
  readonly port: number
}

const postfixQueue = ({ engine }: Stack) => engine.compose('exec', '-T', 'postfix', 'postqueue', '-j')

async function refusesUnknownKeys(stack: Stack): Promise<void> {
  const recipient = 'incoming+guessed@incoming.example.test'
  const reply = await untilAnswered(() => askRcpt(stack.port, recipient))
  assert.match(reply, /^550 5\.1\.1 /)
  assert.match(await attempt(stack.port, recipient, 'guessed'), /^550 5\.1\.1 /)
  assert.equal((await postfixQueue(stack)).trim(), '', 'something stands in the queue of Postfix')
}

async function sendTest({ engine }: Stack): Promise<void> {
  const args = ['exec', '-T', 'postern', 'postern', 'send-test', '--config', 'config/stack.yaml', '--via', 'postfix:25']
  const said = await engine.compose(...args)
  assert.match(said, /^state +delivered$/m)
}

async function signedKey({ app, port }: Stack): Promise<void> {
  await send(port, await app.mint('signed', 'ticket-1'), 'with a signed key')
  await app.awaitMails(['with a signed key'])
  const mail = (await app.got()).mails.find(({ subject }) => subject === 'with a signed key')
  assert.equal(mail?.claims.subject, 'ticket-1')
}

async function redisKey({ app, port }: Stack): Promise<void> {
  await send(port, await app.mint('redis', 'ticket-2'), 'with a key in Redis')
  await app.awaitMails(['with a key in Redis'])
  const mail = (await app.got()).mails.find(({ subject }) => subject === 'with a key in Redis')
  assert.equal(mail?.claims.subject, 'ticket-2')
  const unknown = 'ticket+0123456789abcdef0123456789abcdef@incoming.example.test'
  assert.match(await untilAnswered(() => askRcpt(port, unknown)), /^550 5\.1\.1 /)
}

const triedAgain = (answer: '404' | '500' | 'time-out', times: number) =>
  async function again({ app, port }: Stack): Promise<void> {
    const address = await app.mint('signed', `answered-${answer}`)
    await app.answer(answer, times)
    await send(port, address, `answered ${answer}`)
    const calls = async () => (await app.got()).calls.slice(0, times + 1)
    const wanted = ['200', ...Array.from({ length: times }, () => answer)]
    for (let left = 120; left > 0 && JSON.stringify(await calls()) !== JSON.stringify(wanted); left--) await sleep(500)
    assert.deepEqual(await calls(), wanted, 'how the calls were answered, newest first')
    await app.awaitMails([`answered ${answer}`])
  }

/** Ten wait in the spool when Postern is killed, ten more come while it is away: the application gets twenty, each once. */
async function survivesKill({ engine, app, port }: Stack): Promise<void> {
  const address = await app.mint('signed', 'killed')
  const before = Array.from({ length: 10 }, (_, at) => `before ${at}`)
  const meanwhile = Array.from({ length: 10 }, (_, at) => `meanwhile ${at}`)
  await app.answer('500')
  for (const subject of before) await send(port, address, subject)
  await engine.compose('kill', '-s', 'SIGKILL', 'postern')
  const sending = Promise.all(meanwhile.map(subject => send(port, address, subject)))
  sending.catch(() => undefined) // told below
  await sleep(3000)
  await app.answer('200')
  await engine.compose('start', 'postern')
  await engine.healthy('postern')
  await sending
  await engine.compose('exec', '-T', 'postfix', 'postqueue', '-f')
  await app.awaitMails([...before, ...meanwhile])
}

export const steps: readonly (readonly [string, (stack: Stack) => Promise<void>])[] = [
  ['an unknown key is refused at RCPT, and Postfix has nothing queued', refusesUnknownKeys],
  ['send-test through Postfix ends in the application', sendTest],
  ['a signed key that the application minted brings its mail', signedKey],
  ['a key in Redis brings its mail, an unknown one is refused', redisKey],
  ['an application that answers 404 is asked again', triedAgain('404', 1)],
  ['an application that answers 500 is asked again, and gets the mail once', triedAgain('500', 2)],
  ['an application that is silent is asked again, and keeps the mail once', triedAgain('time-out', 1)],
  ['nothing is lost when Postern is killed', survivesKill],
]
