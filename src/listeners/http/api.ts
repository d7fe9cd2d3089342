/**
 * The JSON API: messages and transactions, read and redelivered. Rows and views go out as SpoolDesk gives them, times in
 * milliseconds since 1970; the raw message goes out as an attachment, so that no browser renders it.
 */
import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { filterParameters, listMessages, listTransactions, messageParameters, transactionParameters } from './listing.ts'
import type { HttpParts } from './options.ts'
import { Problem } from './problem.ts'
import { integer, readQuery } from './query.ts'
import { redeliver, redeliveries } from './redeliver.ts'

/** The `:id` of a route. Any text: what is no id finds nothing. */
export const idOf = (request: FastifyRequest): string => (request.params as { id: string }).id

export const deliveryParameter = { delivery: integer(0, Number.MAX_SAFE_INTEGER) }

export function addApi(app: FastifyInstance, parts: HttpParts): void {
  const { desk } = parts
  app.get('/api/messages', async request => listMessages(desk, readQuery(request.query, messageParameters)))
  app.get('/api/messages/count', async request => ({ count: await desk.count(readQuery(request.query, filterParameters)) }))
  app.get('/api/messages/:id', async request => {
    readQuery(request.query, {})
    return (await desk.view(idOf(request))) ?? unknown('message', idOf(request))
  })
  addRaw(app, parts)
  for (const how of redeliveries) {
    app.post(`/api/messages/:id/${how}`, async request => {
      const { delivery } = readQuery(request.query, deliveryParameter)
      return { id: idOf(request), count: await redeliver(parts, { message: idOf(request), how, delivery }) }
    })
  }
  app.get('/api/transactions', async request => listTransactions(desk, readQuery(request.query, transactionParameters)))
  app.get('/api/transactions/:id', async request => {
    readQuery(request.query, {})
    const [row] = await desk.transactions({ id: idOf(request), limit: 1 })
    return row ?? unknown('transaction', idOf(request))
  })
}

function addRaw(app: FastifyInstance, { desk }: HttpParts): void {
  app.get('/api/messages/:id/raw', async (request, reply) => {
    readQuery(request.query, {})
    const raw = await desk.raw(idOf(request))
    if (raw === null) return unknown('message', idOf(request))
    const name = idOf(request).replace(/[^A-Za-z0-9_-]/g, '_')
    reply.type('message/rfc822').header('content-disposition', `attachment; filename="${name}.eml"`)
    return reply.send(Readable.from(raw, { objectMode: false }))
  })
}

export function unknown(kind: string, id: string): never {
  throw new Problem(404, `No ${kind} with this id`, { id })
}
