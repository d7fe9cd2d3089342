/**
 * `POST /api/keys/forget`: drops what is remembered of keys (`cached`), after the application withdrew or made some. The only
 * request with a body of JSON: a key in the query would stand in every log on the way.
 */
import type { FastifyInstance } from 'fastify'
import type { ForgetOrder, HttpParts } from './options.ts'
import { Problem } from './problem.ts'
import { cut } from './visible.ts'

const path = '/api/keys/forget'
const fields = ['mailbox', 'route', 'key'] as const
/** In characters; no name or key is longer. */
const longest = 1_000

export async function addForget(app: FastifyInstance, { forget, log }: HttpParts): Promise<void> {
  // In a scope of its own, so that no other path reads such a body.
  await app.register(async scope => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'string' }, (request, body, done) => {
      if (body === '') done(null, '')
      else if (isJson(request.headers['content-type'])) done(null, body)
      else done(new Problem(415, 'The body is an object of JSON: send Content-Type: application/json', { allowed: 'application/json' }))
    })
    scope.post(path, async request => {
      if (Object.keys(request.query as object).length > 0) throw unfit('Parameters go in the body here, not in the query')
      const order = readOrder(typeof request.body === 'string' ? request.body : '')
      const forgotten = forget(order)
      if (forgotten === null) throw new Problem(404, 'No such mailbox or route', { mailbox: order.mailbox, route: order.route })
      log.info({ mailbox: order.mailbox, route: order.route, key: order.key, forgotten }, 'Answers about keys forgotten by hand')
      return { forgotten }
    })
  })
}

const isJson = (type: string | undefined): boolean => /^application\/json *(?:;|$)/i.test(type ?? '')

const unfit = (message: string, facts: Readonly<Record<string, unknown>> = {}): Problem => new Problem(400, message, facts)

/** No body is the same as `{}`. Throws Problem 400. */
function readOrder(body: string): ForgetOrder {
  const value = body === '' ? {} : parsed(body)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unfit(`The body is no object with any of ${known}`)
  for (const [name, text] of Object.entries(value)) {
    const field = cut(name, 100)
    if (!(fields as readonly string[]).includes(name))
      throw unfit(`Unknown field ${field}; known here: ${known}`, { field, allowed: fields })
    if (typeof text !== 'string' || text === '' || text.length > longest)
      throw unfit(`The field ${field} is a text of 1 to ${longest} characters`, { field })
  }
  return value as ForgetOrder
}

const known = fields.join(', ')

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    throw unfit('The body is not JSON')
  }
}
