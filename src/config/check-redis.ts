/** What must agree where a Redis is named, for keys or for a processor: a server, and TLS where authorities are named. */
import { checkText } from './check-text.ts'
import type { Finding } from './problem.ts'
import { has, type Part, part, texts } from './raw.ts'
import { isRedisUrl } from './redis-server.ts'

/** `problemOf` says what is wrong with an address, as a sentence, or null. */
export function checkRedisServer(redis: Part, problemOf: (url: string) => string | null): readonly Finding[] {
  const url = texts(redis, 'url')
  const encrypted = url !== undefined && /^rediss:/i.test(url)
  return [
    ...(has(redis, 'url') || has(redis, 'sentinel') ? [] : [serverless(redis)]),
    ...(has(redis, 'ca') && !encrypted ? [withoutTls(redis)] : []),
    ...(url !== undefined && isRedisUrl(url) ? checkText(part(redis, 'url'), problemOf) : []),
  ]
}

const serverless = ({ path }: Part): Finding => ({ path, message: 'doesn’t say which server', allowed: 'url, or sentinel' })

const withoutTls = ({ path }: Part): Finding => ({
  path: [...path, 'ca'],
  at: 'key',
  message: 'without TLS no certificate is checked',
  allowed: 'ca beside url: rediss://…',
})
