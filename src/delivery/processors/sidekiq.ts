/**
 * Hands mail over as Sidekiq jobs, as mail_room pushes them (docs/sidekiq.md): the raw message is the job's only argument. The job
 * and the mark that it was pushed are one step. It must not wait for a worker, nor know whether there is one.
 */
import type { Clock, Processor } from '../../transaction/ports.ts'
import { wholeMessage } from '../event/whole-message.ts'
import { gather } from './redis/gather.ts'
import { markedScript, markName } from './redis/marked-script.ts'
import { type Push, type PusherOptions, pusher } from './redis/pusher.ts'
import { messageText } from './sidekiq/text.ts'

export interface SidekiqOptions extends PusherOptions {
  readonly queue: string
  /** The worker's class. */
  readonly class: string
  /** Before every key, with a colon: `resque:gitlab`. */
  readonly namespace?: string
  /** As Sidekiq reads it: how often it tries a job that raised; `true` is 25 times. */
  readonly retry: boolean | number
  /** For tests: what the job says about when it was pushed. */
  readonly clock?: Clock
}

// SADD as Sidekiq's own client does, and mail_room does not: its web page shows no queue without it.
const script = markedScript(`
pushed = redis.pcall('SADD', KEYS[3], ARGV[2])
if type(pushed) ~= 'table' then pushed = redis.pcall('LPUSH', KEYS[2], ARGV[4]) end
if type(pushed) ~= 'table' then pushed = ARGV[3] end`)

/** Throws an Error that names what is wrong with the options. */
export function sidekiq(options: SidekiqOptions): Processor {
  const { queue, class: worker, namespace, retry, clock = Date.now } = options
  if (queue === '' || worker === '') throw new Error('a Sidekiq job needs a queue and a class')
  const prefix = namespace === undefined || namespace === '' ? '' : `${namespace}:`
  const list = `${prefix}queue:${queue}`
  const push: Push = {
    script,
    content: null,
    place: `a job of ${list}`,
    async prepare({ delivery, message, signal }) {
      const jid = delivery.idempotencyId.slice(0, 24)
      const now = clock() / 1000
      // No limit of its own: a job without its message would be of no use to a worker.
      const raw = await gather(wholeMessage(message, signal), { limit: Number.POSITIVE_INFINITY, signal })
      const job = { class: worker, args: [messageText(raw!)], queue, jid, retry, created_at: now, enqueued_at: now }
      const mark = prefix + markName(`queue:${queue}`, delivery.processor, delivery.idempotencyId)
      return { keys: [mark, list, `${prefix}queues`], args: [queue, jid, JSON.stringify(job)] }
    },
  }
  return pusher(options, push)
}
