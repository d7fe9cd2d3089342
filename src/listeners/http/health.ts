/**
 * The probes: /healthz (the process answers), /readyz (the spool takes mail, listeners are up), /liveness (the form mail_room
 * has). Open to every caller and under every Host, so they must say nothing that is worth hiding.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { HttpParts } from './options.ts'

export const probes: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/liveness'])

/** `trusted` says whether the caller may read the details of the checks too. */
export function addHealth(app: FastifyInstance, { readiness }: HttpParts, trusted: (request: FastifyRequest) => boolean): void {
  const alive = async () => 'OK\n'
  app.get('/healthz', alive)
  app.get('/liveness', alive)
  app.get('/readyz', async (request, reply) => {
    const { ready, checks } = readiness()
    reply.code(ready ? 200 : 503)
    return { ready, checks: trusted(request) ? checks : checks.map(({ name, ok }) => ({ name, ok })) }
  })
}
