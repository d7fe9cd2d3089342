/**
 * Every error on its way out: a Problem as it is, the server's own refusals with their status, and anything else as a 500
 * that says nothing but the id under which the log has the rest. JSON for programs, a page for people.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { SpoolUnavailable } from '../../transaction/ports.ts'
import type { Guard } from './guard.ts'
import { probes } from './health.ts'
import { linkPrefix } from './links.ts'
import type { HttpParts } from './options.ts'
import { errorPage } from './pages/error.ts'
import { loginPage } from './pages/login.ts'
import { Problem, type ProblemStatus, problemBody } from './problem.ts'

export interface ErrorContext {
  readonly options: HttpParts
  readonly guard: Guard
}

export function answerProblem(error: unknown, request: FastifyRequest, reply: FastifyReply, { options, guard }: ErrorContext): void {
  const problem = asProblem(error, request)
  log(problem, error, request, options)
  reply.code(problem.status)
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="postern"')
  if (problem.status === 405) reply.header('allow', (problem.facts.allowed as string[]).join(', '))
  const path = request.url.split('?', 1)[0]!
  if (path.startsWith('/api/') || probes.has(path)) {
    reply.type('application/json; charset=utf-8').send(JSON.stringify(problemBody(problem)))
    return
  }
  const login = problem.status === 401 && guard.token !== null
  const next = request.method === 'GET' ? request.url : '/'
  reply.type('text/html; charset=utf-8').send(String(login ? loginPage(next) : errorPage(problem)))
}

function asProblem(error: unknown, request: FastifyRequest): Problem {
  if (error instanceof Problem) return error
  if (error instanceof SpoolUnavailable) return new Problem(503, 'The spool gives no answer now, try again later', { id: request.id })
  const { code, statusCode, message } = error as { code?: unknown; statusCode?: unknown; message?: unknown }
  // Only the server's own errors are worded for the client.
  if (!String(code).startsWith('FST_')) return unexpected(request)
  // Too long a parameter finds nothing, as any other that is no id.
  if (statusCode === 414) return new Problem(404, 'There is nothing here')
  if (statusCode === 400 || statusCode === 413 || statusCode === 415) return new Problem(statusCode as ProblemStatus, String(message))
  return unexpected(request)
}

const unexpected = ({ id }: FastifyRequest) => new Problem(500, 'Something went wrong here; the log has it under this id', { id })

function log(problem: Problem, error: unknown, request: FastifyRequest, { log }: HttpParts): void {
  const isLink = request.url.startsWith(linkPrefix)
  // The query of a link is what opens it.
  const url = (isLink ? request.url.split('?', 1)[0]! : request.url).slice(0, 500)
  const fields = { request: request.id, method: request.method, url, peer: request.socket.remoteAddress ?? null }
  if (problem.status >= 500) log.error({ ...fields, err: error }, 'HTTP request failed')
  else if (!isLink && (problem.status === 403 || problem.status === 421)) log.warn({ ...fields, ...problem.facts }, 'HTTP request refused')
  else log.debug({ ...fields, status: problem.status }, 'HTTP request refused')
}
