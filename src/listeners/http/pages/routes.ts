/**
 * The web page: which path shows what. Reads through SpoolDesk, renders on the server, and works without any script.
 */
import { readFile } from 'node:fs/promises'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { idTime } from '../../../lib/id.ts'
import type { Content } from '../../../mail/content.ts'
import type { SpoolDesk } from '../../../transaction/desk.ts'
import { deliveryParameter, idOf } from '../api.ts'
import type { Guard } from '../guard.ts'
import { listMessages, listTransactions, messageParameters, pageLimit, transactionParameters } from '../listing.ts'
import type { HttpParts } from '../options.ts'
import { pagePolicy } from '../policy.ts'
import { Problem } from '../problem.ts'
import { resume } from '../processors.ts'
import { integer, oneOf, readQuery, textUpTo } from '../query.ts'
import { type RawHead, readRawHead } from '../raw-head.ts'
import { redeliver, redeliveries } from '../redeliver.ts'
import { hasCookie } from '../token.ts'
import { addHtmlFrame } from './html-frame.ts'
import { layout, type Page } from './layout.ts'
import { addLogin } from './login-routes.ts'
import { messagePage } from './message.ts'
import { messagesPage } from './messages.ts'
import { processorsPage } from './processors.ts'
import { addRedelivery } from './redelivery-routes.ts'
import type { Show } from './show.ts'
import { transactionPage, transactionsPage } from './transactions.ts'

export async function addPages(app: FastifyInstance, parts: HttpParts, guard: Guard): Promise<void> {
  const style = await readFile(new URL('./style.css', import.meta.url), 'utf8')
  app.get('/style.css', async (_request, reply) => {
    return reply.type('text/css; charset=utf-8').header('cache-control', 'private, max-age=300').send(style)
  })
  const show = (request: FastifyRequest, reply: FastifyReply, page: Page) => {
    const loggedIn = guard.token !== null && hasCookie(request.headers)
    const around = { status: parts.desk.status(), processors: parts.delivery.processors(), version: parts.version, loggedIn }
    return reply.type('text/html; charset=utf-8').send(String(layout(page, around)))
  }
  addMessages(app, parts, show)
  addHtmlFrame(app, parts)
  addRedelivery(app, parts, show)
  addProcessorPages(app, parts, show)
  addTransactions(app, parts, show)
  addFind(app, parts.desk)
  addLogin(app, parts, guard)
}

function addMessages(app: FastifyInstance, parts: HttpParts, show: Show): void {
  const { desk } = parts
  app.get('/', async (request, reply) => {
    const values = readQuery(request.query, { ...messageParameters, ...pageLimit })
    return show(request, reply, { title: 'Messages', here: 'messages', body: messagesPage(await listMessages(desk, values), values) })
  })
  app.get('/messages', async (_request, reply) => reply.redirect('/'))
  app.get('/messages/:id', async (request, reply) => {
    const { how, count } = readQuery(request.query, { how: oneOf(redeliveries), count: integer(1, 1_000_000) })
    const message = await desk.view(idOf(request))
    if (message === null) throw new Problem(404, 'No message with this id; it may have been purged', { id: idOf(request) })
    const done = how === undefined || count === undefined ? null : { how, count }
    const [raw, content] = await Promise.all([rawHead(parts, message.id), contentInTime(parts, message.id)])
    if (content?.status === 'parsed' && content.html !== null) reply.header('content-security-policy', framing)
    return show(request, reply, {
      title: message.subject || 'no subject',
      here: 'messages',
      body: messagePage({ message, raw, content, done }),
    })
  })
  for (const how of redeliveries) {
    app.post(`/messages/:id/${how}`, async (request, reply) => {
      const { delivery } = readQuery(request.body ?? {}, deliveryParameter)
      const count = await redeliver(parts, { message: idOf(request), how, delivery })
      return reply.redirect(`/messages/${encodeURIComponent(idOf(request))}?how=${how}&count=${count}`, 303)
    })
  }
}

/** As on every page, and a frame of our own: what the HTML in it leads to is not loaded there. */
const framing = `${pagePolicy}; frame-src 'self'`

/** How long a page waits for what is inside a message, in milliseconds; the rest of it is worth showing without. */
const patience = 5_000

async function contentInTime({ content, log }: HttpParts, message: string): Promise<Content | null> {
  if (content === null) return null
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<null>(resolve => {
    timer = setTimeout(() => resolve(null), patience)
  })
  const read = content.view(message).catch((err: unknown) => {
    log.warn({ err, message }, 'Message could not be parsed for the page')
    return null
  })
  const found = await Promise.race([read, late])
  clearTimeout(timer)
  return found
}

function addProcessorPages(app: FastifyInstance, parts: HttpParts, show: Show): void {
  app.get('/processors', async (request, reply) => {
    const { resumed } = readQuery(request.query, { resumed: textUpTo(100) })
    return show(request, reply, { title: 'Processors', here: 'processors', body: processorsPage(parts.delivery.processors(), resumed) })
  })
  app.post('/processors/:name/resume', async (request, reply) =>
    reply.redirect(`/processors?resumed=${encodeURIComponent(resume(parts, request))}`, 303),
  )
}

/** The rest of the page is worth showing when the body can't be read. */
async function rawHead({ desk, log }: HttpParts, message: string): Promise<RawHead | null> {
  try {
    const raw = await desk.raw(message)
    return raw === null ? null : await readRawHead(raw)
  } catch (err) {
    log.error({ err, message }, 'Raw message could not be read for the page')
    return null
  }
}

function addTransactions(app: FastifyInstance, { desk }: HttpParts, show: Show): void {
  app.get('/transactions', async (request, reply) => {
    const values = readQuery(request.query, { ...transactionParameters, ...pageLimit })
    const body = transactionsPage(await listTransactions(desk, values), values)
    return show(request, reply, { title: 'Transactions', here: 'transactions', body })
  })
  app.get('/transactions/:id', async (request, reply) => {
    readQuery(request.query, {})
    const [row] = await desk.transactions({ id: idOf(request), limit: 1 })
    if (row === undefined) throw new Problem(404, 'No transaction with this id; it may have been purged', { id: idOf(request) })
    return show(request, reply, { title: row.reply, here: 'transactions', body: transactionPage(row) })
  })
}

/** What people have at hand is an id, or a whole reply from a bounce or a log with an id in it. */
function addFind(app: FastifyInstance, desk: SpoolDesk): void {
  app.get('/find', async (request, reply) => {
    const given = (readQuery(request.query, { id: textUpTo(2_000) }).id ?? '').trim()
    const ids = /\s/.test(given) ? (given.toLowerCase().match(/[0-9a-z]+/g) ?? []).filter(word => idTime(word) !== null) : [given]
    for (const id of ids.slice(0, 5)) {
      if ((await desk.view(id)) !== null) return reply.redirect(`/messages/${encodeURIComponent(id)}`)
      if ((await desk.transactions({ id, limit: 1 })).length > 0) return reply.redirect(`/transactions/${encodeURIComponent(id)}`)
    }
    throw new Problem(404, 'No message and no transaction with this id. Transactions are kept for retention.transactions only.', {
      found: given.slice(0, 100),
    })
  })
}
