/**
 * Who may ask for what, before anything is read of the request's body: Host (DNS rebinding), origin (CSRF), token. The token
 * is needed where the listener is not on loopback, and for whatever came through a proxy, since its client is anyone.
 */
import type { FastifyRequest } from 'fastify'
import { probes } from './health.ts'
import { hostCheck, isLoopback } from './host.ts'
import { linkPrefix } from './links.ts'
import type { HttpOptions } from './options.ts'
import { isOwnOrigin } from './origin.ts'
import { Problem } from './problem.ts'
import { minTokenLength, type TokenCheck, tokenCheck } from './token.ts'

export interface Guard {
  /** Throws Problem 401, 403 or 421. */
  check(request: FastifyRequest): void
  /** Whether this request needs no token, or has it. */
  trusted(request: FastifyRequest): boolean
  readonly token: TokenCheck | null
}

/** What anybody may have without a token: the way to log in. */
const open: ReadonlySet<string> = new Set(['/login', '/style.css'])

const proxyHeader = /^(?:forwarded|via|x-forwarded(?:-.*)?|x-real-ip|x-client-ip|x-cluster-client-ip|true-client-ip|cf-connecting-ip)$/

/** HTTP/1.0 counts too: programs speak 1.1, while a proxy as simple as can be sends 1.0 and none of the fields. */
export const isForwarded = ({ raw }: FastifyRequest): boolean =>
  raw.httpVersion === '1.0' || Object.keys(raw.headers).some(name => proxyHeader.test(name))

export function makeGuard(options: HttpOptions): Guard {
  const loopback = 'path' in options || isLoopback(options.host)
  const knownHost = hostCheck(options.hosts, loopback)
  const token = options.token === null ? null : tokenCheck(longEnough(options.token))
  const local = (request: FastifyRequest) => loopback && isLoopback(request.socket.remoteAddress ?? '::1') && !isForwarded(request)
  const trusted = (request: FastifyRequest) => local(request) || (token?.authorized(request.headers, Date.now()) ?? false)
  return {
    token,
    trusted,
    check(request) {
      const path = request.url.split('?', 1)[0]!
      if (probes.has(path)) return
      if (options.links !== null && path.startsWith(linkPrefix) && hostCount(request) === 1) return checkRead(request)
      if (hostCount(request) !== 1 || !knownHost(request.headers.host)) throw misdirected(request)
      if (!reads(request) && !isOwnOrigin(request.headers, !path.startsWith('/api/'))) throw foreign(request)
      if (!open.has(path) && !trusted(request)) throw token === null ? noToken() : wrongToken()
    },
  }
}

const reads = ({ method }: FastifyRequest): boolean => method === 'GET' || method === 'HEAD'

/** A signed link is its own proof, under whatever name we were reached; nothing is ever changed by one. */
function checkRead(request: FastifyRequest): void {
  if (!reads(request)) throw new Problem(405, 'Only GET, HEAD here', { allowed: ['GET', 'HEAD'] })
}

function longEnough(token: string): string {
  if (token.length >= minTokenLength && /^[\x21-\x7e]+$/.test(token)) return token
  throw new Error(
    `listeners.http.token has ${token.length} characters; needed are at least ${minTokenLength}, printable ASCII without spaces`,
  )
}

const hostCount = ({ raw }: FastifyRequest) => raw.rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'host').length

const misdirected = ({ headers }: FastifyRequest) =>
  new Problem(421, 'This server is not known under the name in Host. Add it to listeners.http.hosts if it should be.', {
    found: (headers.host ?? '').slice(0, 255),
  })

const foreign = ({ headers }: FastifyRequest) =>
  new Problem(403, 'The request was made by a page of another origin, or by a browser that does not say by which.', {
    found: (headers['sec-fetch-site'] ?? headers.origin ?? '').slice(0, 255),
  })

const noToken = () =>
  new Problem(
    401,
    'A token is needed off loopback and through a proxy, and none is configured: set listeners.http.token, for example token: { file: var/http-token }.',
  )

const wrongToken = () => new Problem(401, 'A token is needed: send Authorization: Bearer TOKEN with the value of listeners.http.token.')
