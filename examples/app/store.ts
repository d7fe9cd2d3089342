/**
 * What the application keeps: the mails it got, by their idempotency id, so that a call that is repeated changes nothing, and
 * the keys that Postern looks up in Redis. Without a Redis the mails are kept in memory, and there are no such keys.
 */
import type { Mail } from './mail.ts'
import { redis } from './redis.ts'

export interface Store {
  /** Keeps a mail. `kept` is the one that is here: where it was here already, the first. */
  keep(mail: Mail): Promise<{ readonly fresh: boolean; readonly kept: Mail }>
  /** Newest first. */
  mails(): Promise<readonly Mail[]>
  /** Makes `key` good for `subject`, for `seconds`. */
  addKey(key: string, subject: string, seconds: number): Promise<void>
}

const newestFirst = (mails: readonly Mail[]) => mails.toSorted((a, b) => b.received.localeCompare(a.received))

export function redisStore(url: string): Store {
  return {
    // One command looks for it and keeps it: there is no moment in between at which a crash could lose or double the mail.
    async keep(mail) {
      if ((await redis(url, 'HSETNX', 'mails', mail.idempotencyId, JSON.stringify(mail))) === 1) return { fresh: true, kept: mail }
      return { fresh: false, kept: JSON.parse((await redis(url, 'HGET', 'mails', mail.idempotencyId)) as string) as Mail }
    },
    mails: async () => newestFirst(((await redis(url, 'HVALS', 'mails')) as string[]).map(text => JSON.parse(text) as Mail)),
    addKey: async (key, subject, seconds) => {
      await redis(url, 'SET', `ticket:${key}`, JSON.stringify({ subject }), 'EX', String(seconds))
    },
  }
}

export function memoryStore(): Store {
  const kept = new Map<string, Mail>()
  return {
    async keep(mail) {
      const first = kept.get(mail.idempotencyId)
      if (first === undefined) kept.set(mail.idempotencyId, mail)
      return { fresh: first === undefined, kept: first ?? mail }
    },
    mails: async () => newestFirst([...kept.values()]),
    addKey: () => Promise.reject(new Error('keys in Redis need REDIS_URL')),
  }
}
