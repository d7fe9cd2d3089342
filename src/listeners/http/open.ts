/**
 * Opens the HTTP listener: one fastify server with limits, guards, error answers and routes. What it serves is in health,
 * api and pages; what it refuses is in guard. The SMTP listener lives in the same thread, so every limit here is small.
 */
import { chmod, unlink } from 'node:fs/promises'
import { connect } from 'node:net'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { addApi } from './api.ts'
import { addAttachments, boundedContent } from './attachments.ts'
import { addBulk } from './bulk.ts'
import { answerProblem } from './errors.ts'
import { addForget } from './forget.ts'
import { type Guard, makeGuard } from './guard.ts'
import { addHealth } from './health.ts'
import { addLinks } from './links.ts'
import { watchMethods } from './methods.ts'
import type { HttpListener, HttpOptions } from './options.ts'
import { addPages } from './pages/routes.ts'
import { pagePolicy } from './policy.ts'
import { Problem } from './problem.ts'
import { addProcessors } from './processors.ts'

/** How long requests under way may go on after close(), in milliseconds. */
const drainTime = 2_000
const form = 'application/x-www-form-urlencoded'

/** Rejects where the address can't be bound or the token is too short. */
export async function openHttp(given: HttpOptions): Promise<HttpListener> {
  const options = { ...given, content: given.content && boundedContent(given.content) }
  const guard = makeGuard(options)
  const app = createServer(options, guard)
  const refuseOtherMethods = watchMethods(app)
  addHealth(app, options, guard.trusted)
  addApi(app, options)
  addBulk(app, options)
  addAttachments(app, options)
  addProcessors(app, options)
  addLinks(app, options)
  await addForget(app, options)
  await addPages(app, options, guard)
  refuseOtherMethods()
  await bind(app, options)
  const bound = app.server.address()
  return {
    address: typeof bound === 'string' ? bound : (bound?.address ?? ''),
    port: typeof bound === 'string' ? 0 : (bound?.port ?? 0),
    async close() {
      const timer = setTimeout(() => app.server.closeAllConnections(), drainTime)
      await app.close()
      clearTimeout(timer)
    },
  }
}

function createServer(options: HttpOptions, guard: Guard): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: 16 * 1024,
    connectionTimeout: 30_000,
    requestTimeout: 15_000,
    keepAliveTimeout: 5_000,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 100 },
    http: { maxHeaderSize: 16 * 1024, headersTimeout: 10_000, connectionsCheckingInterval: 5_000 },
    frameworkErrors: (error, request, reply) => {
      secure(reply)
      answerProblem(error, request as FastifyRequest, reply as FastifyReply, { options, guard })
    },
  })
  app.server.maxConnections = 200
  addBodies(app)
  app.addHook('onRequest', async (request, reply) => {
    secure(reply)
    guard.check(request)
  })
  app.setErrorHandler((error, request, reply) => answerProblem(error, request, reply, { options, guard }))
  return app
}

/** Forms of our pages are all that is read; a body that would be passed over in silence is refused instead. */
function addBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(form, { parseAs: 'string' }, (request, body, done) => {
    if (!request.url.startsWith('/api/') || body === '') done(null, Object.fromEntries(new URLSearchParams(body as string)))
    else done(noBody())
  })
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(body === '' ? null : noBody()))
}

const noBody = () => new Problem(415, 'No such body is read here; parameters go in the query', { allowed: 'an empty body' })

/** A socket left behind by a process that was killed is removed; one that answers is not. */
async function bind(app: FastifyInstance, options: HttpOptions): Promise<void> {
  if (!('path' in options)) {
    await app.listen({ host: options.host, port: options.port })
    return
  }
  if (await isStale(options.path)) await unlink(options.path)
  await app.listen({ path: options.path })
  // Whoever may open it needs no token.
  await chmod(options.path, 0o660)
}

const isStale = (path: string): Promise<boolean> =>
  new Promise(resolve => {
    const socket = connect(path, () => {
      socket.destroy()
      resolve(false)
    })
    socket.once('error', error => resolve((error as NodeJS.ErrnoException).code === 'ECONNREFUSED'))
  })

/** On every answer, errors too. `same-origin` tells no other site where a reader came from; `no-referrer` would turn the
 * Origin of our own forms into `null` (Fetch, "append a request Origin header"), and so take away what CSRF is told by. */
function secure(reply: FastifyReply): void {
  reply.headers({
    'content-security-policy': pagePolicy,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'same-origin',
    'cache-control': 'no-store',
    'cross-origin-resource-policy': 'same-origin',
  })
}
