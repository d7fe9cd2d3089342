/**
 * What must agree in `processors`: links where links are configured, what is said of a body that is sent, a Redis that is
 * named. Looks at the raw configuration, whatever else is wrong with it.
 */
import { checkRedisServer } from './check-redis.ts'
import type { Finding } from './problem.ts'
import { entries, has, isMapping, type Part, part, texts } from './raw.ts'
import { showText } from './show.ts'

/** `redisUrl` says what is wrong with an address, as a sentence, or null. */
export function checkProcessors(root: Part, redisUrl: (url: string) => string | null): readonly Finding[] {
  return entries(part(root, 'processors')).flatMap(processor => {
    const [webhook, stream, sidekiq] = [part(processor, 'webhook'), part(processor, 'redis-stream'), part(processor, 'sidekiq')]
    const links = [part(part(webhook, 'event'), 'raw'), part(part(webhook, 'event'), 'larger')]
    const streamLinks = [part(stream, 'larger'), part(part(stream, 'event'), 'larger')]
    return [
      ...(has(root, 'links') ? [] : [...links, ...streamLinks].filter(({ value }) => value === 'link').map(linkless)),
      ...[stream, sidekiq].filter(({ value }) => isMapping(value)).flatMap(redis => checkRedisServer(redis, redisUrl)),
      ...checkBody(webhook),
    ]
  })
}

const linkless = ({ path }: Part): Finding => ({
  path,
  message: 'there are no links to put there',
  found: '"link"',
  allowed: 'no link here, or a section links: { url: https://… }',
})

/** What stands in an event may be said where none is sent: the effective configuration says it, too. */
function checkBody(webhook: Part): readonly Finding[] {
  const body = texts(webhook, 'body') ?? 'event'
  if (!has(webhook, 'content-type') || body === 'raw') return []
  const message = `says nothing with body: ${showText(body)}`
  return [{ path: [...webhook.path, 'content-type'], at: 'key', message, allowed: 'body: raw beside content-type' }]
}
