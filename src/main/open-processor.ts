/** One processor, from its configuration to what hands mail over. What calls the outside is loaded where a configuration names it. */
import type { Config } from '../config/config.ts'
import { inbox } from '../delivery/processors/inbox.ts'
import type { Log, Processor } from '../transaction/ports.ts'
import { redisOptions } from './redis-options.ts'

type ProcessorConfig = Config['processors'][string]
type Kind<Name extends string> = Extract<ProcessorConfig, Readonly<Record<Name, unknown>>>
type WebhookConfig = Kind<'webhook'>['webhook']

export interface ProcessorParts {
  readonly name: string
  readonly hostname: string
  readonly log: Log
}

/** Rejects where a file can't be read or the options are wrong; whoever receives the mail may be down. */
export async function openProcessor(config: ProcessorConfig, parts: ProcessorParts): Promise<Processor> {
  if ('webhook' in config) return openWebhook(config.webhook, parts)
  if ('redis-stream' in config) return openStream(config['redis-stream'], parts)
  if ('sidekiq' in config) return openSidekiq(config.sidekiq, parts)
  if ('command' in config) {
    const { command } = await import('../delivery/processors/command.ts')
    return command({ ...config.command, ...parts })
  }
  if ('maildir' in config) {
    const { maildir } = await import('../delivery/processors/maildir.ts')
    return maildir({ ...config.maildir, ...parts })
  }
  return inbox()
}

async function openWebhook(
  { secret, auth, 'content-type': contentType, ...rest }: WebhookConfig,
  { name, log }: ProcessorParts,
): Promise<Processor> {
  const { webhook } = await import('../delivery/processors/webhook.ts')
  return webhook({
    name,
    log,
    ...rest,
    contentType,
    secret: secret?.map(one => one.reveal()),
    auth: auth === undefined ? undefined : revealed(auth),
  })
}

function revealed(auth: NonNullable<WebhookConfig['auth']>) {
  if ('basic' in auth) return { basic: { ...auth.basic, password: auth.basic.password.reveal() } }
  return 'bearer' in auth ? { bearer: auth.bearer.reveal() } : { jwt: { ...auth.jwt, secret: auth.jwt.secret.reveal() } }
}

async function openStream(config: Kind<'redis-stream'>['redis-stream'], { name, log }: ProcessorParts): Promise<Processor> {
  const { redisStream } = await import('../delivery/processors/redis-stream.ts')
  const { stream, raw, larger, event, timeout, concurrency, mark } = config
  const options = { stream, raw, larger, event, timeout, concurrency, mark, maxLength: config['max-length'] ?? 0 }
  return redisStream({ name, log, ...(await redisOptions(config)), ...options })
}

async function openSidekiq(config: Kind<'sidekiq'>['sidekiq'], { name, log }: ProcessorParts): Promise<Processor> {
  const { sidekiq } = await import('../delivery/processors/sidekiq.ts')
  const { queue, class: worker, namespace, retry, timeout, concurrency, mark } = config
  const options = { queue, class: worker, retry, timeout, concurrency, mark, ...(namespace === undefined ? {} : { namespace }) }
  return sidekiq({ name, log, ...(await redisOptions(config)), ...options })
}
