/**
 * Acting on all that a filter fits, from the page: the list's filter, a question, the work. Started by a form only, as everything
 * that changes something.
 */
import type { FastifyInstance } from 'fastify'
import { requireFilter } from '../bulk.ts'
import { filterParameters } from '../listing.ts'
import type { HttpParts } from '../options.ts'
import { oneOf, readQuery, type Values } from '../query.ts'
import { redeliveries } from '../redeliver.ts'
import { questionPage, title, workPage } from './redelivery.ts'
import type { Show } from './show.ts'
import { makeBench } from './work.ts'

const parameters = { how: oneOf(redeliveries), ...filterParameters }

export function addRedelivery(app: FastifyInstance, parts: HttpParts, show: Show): void {
  const bench = makeBench(parts)
  app.addHook('onClose', async () => bench.stop())
  app.get('/redeliver', async (request, reply) => {
    const { how, filter } = ordered(readQuery(request.query, parameters))
    const body = questionPage({ how, filter, count: await parts.desk.count(filter) })
    return show(request, reply, { title: title(how), here: 'messages', body })
  })
  app.post('/redeliver', async (request, reply) => {
    const { how, filter } = ordered(readQuery(request.body ?? {}, parameters))
    bench.start({ how, filter, total: await parts.desk.count(filter) })
    return reply.redirect('/redeliver/work', 303)
  })
  app.get('/redeliver/work', async (request, reply) => {
    // The page follows the work without a script.
    if (bench.current()?.state === 'running') reply.header('refresh', '1')
    return show(request, reply, { title: 'Work', here: 'messages', body: workPage(bench.current()) })
  })
  app.post('/redeliver/stop', async (_request, reply) => {
    bench.stop()
    return reply.redirect('/redeliver/work', 303)
  })
}

/** Throws Problem 400 or 409. */
function ordered({ how = 'retry', ...filter }: Values<typeof parameters>) {
  requireFilter(how, filter)
  return { how, filter }
}
