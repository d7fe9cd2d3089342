/**
 * Login and logout: the token for a cookie, and the cookie taken back. The guard has checked Host and origin by then.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Guard } from '../guard.ts'
import type { HttpParts } from '../options.ts'
import { Problem } from '../problem.ts'
import { readQuery, textUpTo } from '../query.ts'
import { expiredCookie } from '../token.ts'
import { loginPage, safeNext } from './login.ts'

export function addLogin(app: FastifyInstance, { log }: HttpParts, { token }: Guard): void {
  app.get('/login', async (_request, reply) => reply.type('text/html; charset=utf-8').send(String(loginPage('/'))))
  app.post('/login', async (request, reply) => {
    if (token === null) throw new Problem(409, 'No token is configured: set listeners.http.token to log in')
    const { token: given = '', next = '/' } = readQuery(request.body ?? {}, { token: textUpTo(1_000), next: textUpTo(4_000) })
    if (!token.matches(given.trim())) {
      log.warn({ peer: request.socket.remoteAddress ?? null }, 'Login with a wrong token')
      return reply
        .code(401)
        .header('www-authenticate', 'Bearer realm="postern"')
        .type('text/html; charset=utf-8')
        .send(String(loginPage(next, true)))
    }
    return reply.header('set-cookie', token.cookie(Date.now(), isSecure(request))).redirect(safeNext(next), 303)
  })
  app.post('/logout', async (request, reply) => reply.header('set-cookie', expiredCookie(isSecure(request))).redirect('/', 303))
}

/** As the proxy in front says. Believing a liar costs only the liar: the cookie then doesn't come back over plain HTTP. */
const isSecure = ({ headers }: FastifyRequest): boolean =>
  headers['x-forwarded-proto'] === 'https' || /(?:^|[;,\s])proto="?https"?(?:$|[;,\s])/i.test(headers.forwarded ?? '')
