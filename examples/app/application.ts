/**
 * The application as a function: it mints reply addresses, takes Postern's signed calls, and shows the mails. It can be told
 * to answer badly, so that one sees what Postern does then. Plain node:http; each route is one function.
 */
import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { mint } from '../minting/mint.ts'
import { answerOf, mailOf, verdicts } from './mail.ts'
import { type Answer, answers, page } from './page.ts'
import { bodyOf, formOf, sendJson, sendPage, wantsJson } from './requests.ts'
import type { Secrets } from './secrets.ts'
import type { Store } from './store.ts'
import { verify } from './verify.ts'

export interface Parts {
  readonly secrets: Secrets
  readonly store: Store
  /** The domain of the addresses. */
  readonly domain: string
}

type Route = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void

const keyAge = 30 * 24 * 3600

export function createApplication(parts: Parts): Server {
  const mood: { answer: Answer; left: number | null; calls: string[] } = { answer: '200', left: null, calls: [] }

  /** The answer to this call, counted. */
  function nextAnswer(): Answer {
    const { answer } = mood
    if (mood.left !== null && --mood.left === 0) Object.assign(mood, { answer: '200', left: null })
    return answer
  }

  const routes: Readonly<Record<string, Route>> = {
    'GET /healthz': (_, response) => sendJson(response, 200, { ok: true }),
    'GET /mails': async (_, response) => sendJson(response, 200, { mails: await parts.store.mails(), calls: mood.calls }),
    'GET /': async (request, response) => {
      const minted = new URL(request.url!, 'http://app').searchParams.get('minted')
      sendPage(response, page({ mails: await parts.store.mails(), minted, answer: mood.answer, left: mood.left }))
    },
    'POST /addresses': async (request, response) => {
      const form = await formOf(request)
      const address = await mintAddress(parts, form.get('kind') ?? 'signed', form.get('subject') ?? '')
      if (wantsJson(request)) sendJson(response, 200, { address })
      else response.writeHead(303, { location: `/?minted=${encodeURIComponent(address)}` }).end()
    },
    'POST /answer': async (request, response) => {
      const form = await formOf(request)
      const answer = answers.find(name => name === form.get('answer'))
      const calls = form.get('calls') || null
      if (answer === undefined || (calls !== null && !/^[1-9]\d{0,3}$/.test(calls)))
        throw new RangeError(`answer: one of ${answers.join(', ')}; calls: 1 to 9999, or nothing`)
      Object.assign(mood, { answer, left: calls === null ? null : Number(calls) })
      if (wantsJson(request)) sendJson(response, 200, { answer })
      else response.writeHead(303, { location: '/' }).end()
    },
    'POST /inbound': async (request, response) => {
      const body = await bodyOf(request)
      if (!verify(parts.secrets.webhook, request.headers, body)) return sendJson(response, 401, { error: 'not signed with our secret' })
      const answer = nextAnswer()
      mood.calls = [answer, ...mood.calls].slice(0, 1000)
      if (answer === '404' || answer === '500') return sendJson(response, Number(answer), { error: 'as it was asked for' })
      const verdict = verdicts.find(word => word === answer) ?? 'accept'
      // A repeat changes nothing, and gets the answer that the first call got: the mail that is kept says it.
      const { fresh, kept } = await parts.store.keep(mailOf(JSON.parse(body.toString('utf8')), verdict))
      const reply = answerOf(kept)
      // A time-out after the mail was kept: Postern must call again.
      if (answer !== 'time-out') sendJson(response, reply.status, { ...reply.body, fresh })
    },
  }
  return createServer((request, response) => void serve(routes, request, response))
}

async function serve(routes: Readonly<Record<string, Route>>, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const name = `${request.method} ${request.url?.split('?')[0]}`
  const route = Object.hasOwn(routes, name) ? routes[name] : undefined
  try {
    if (route === undefined) sendJson(response, 404, { error: 'no such page' })
    else await route(request, response)
  } catch (error) {
    const status = error instanceof RangeError ? 400 : 500
    if (status === 500) process.stderr.write(`${name}: ${String(error)}\n`)
    // What we can't keep we must not take: anything but 2xx makes Postern try again.
    if (!response.headersSent) sendJson(response, status, { error: String(error) })
  }
}

async function mintAddress({ secrets, store, domain }: Parts, kind: string, subject: string): Promise<string> {
  if (kind === 'signed') {
    const place = { secret: secrets.signing, keyId: 1, mailbox: 'incoming', route: 'reply' }
    return `incoming+${mint(place, subject, Math.floor(Date.now() / 1000) + keyAge)}@${domain}`
  }
  if (kind !== 'redis' || subject === '') throw new RangeError('kind: signed or redis; subject: 1 to 32 octets')
  const key = randomBytes(16).toString('hex')
  await store.addKey(key, subject, keyAge)
  return `ticket+${key}@${domain}`
}
