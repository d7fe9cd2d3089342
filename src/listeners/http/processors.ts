/**
 * `/api/processors`: how each processor fares, and the way to call one again that is paused. A processor that fails in a row,
 * or answered 410, is left alone but for a call from time to time.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { HttpParts } from './options.ts'
import { Problem } from './problem.ts'
import { readQuery } from './query.ts'

export function addProcessors(app: FastifyInstance, parts: HttpParts): void {
  app.get('/api/processors', async request => {
    readQuery(request.query, {})
    return { processors: parts.delivery.processors() }
  })
  app.post('/api/processors/:name/resume', async request => {
    readQuery(request.query, {})
    return { name: resume(parts, request), resumed: true }
  })
}

/** The name; throws Problem 404 where there is no such processor. */
export function resume({ delivery, log }: HttpParts, request: FastifyRequest): string {
  const { name } = request.params as { name: string }
  if (!delivery.resume(name)) throw new Problem(404, 'No processor with this name', { name })
  log.info({ processor: name }, 'Processor resumed by hand')
  return name
}
