/**
 * 405 with Allow (RFC 9110 15.5.6) for every method that a known path doesn't serve. Learned from the routes themselves, so
 * it can't fall behind them.
 */
import type { FastifyInstance, HTTPMethods } from 'fastify'
import { Problem } from './problem.ts'

const methods: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE']

/** Call it before the routes are added, and what it returns after. */
export function watchMethods(app: FastifyInstance): () => void {
  const served = new Map<string, HTTPMethods[]>()
  app.addHook('onRoute', ({ url, method }) => {
    served.set(url, [...(served.get(url) ?? []), ...[method].flat()] as HTTPMethods[])
  })
  return () => {
    for (const [url, allowed] of [...served]) {
      const refuse = async () => {
        throw notAllowed(allowed)
      }
      app.route({ method: methods.filter(method => !allowed.includes(method)), url, onRequest: refuse, handler: refuse })
    }
    app.setNotFoundHandler(async request => {
      // Methods that the router doesn't know end here, whatever the path.
      if (!methods.includes(request.method as HTTPMethods)) throw notAllowed(['GET', 'HEAD', 'POST'])
      throw new Problem(404, 'There is nothing here')
    })
  }
}

const notAllowed = (allowed: readonly HTTPMethods[]) => new Problem(405, `Only ${allowed.join(', ')} here`, { allowed })
