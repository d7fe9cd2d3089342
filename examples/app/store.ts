/**
 * What the application keeps: the mails it got, by their idempotency id, so that a call that is repeated changes nothing, and
 * the keys that Postern looks up in Redis. Without a Redis the mails are kept in memory, and there are no such keys.
 */
import { redis } from './redis.ts'

export interface Mail {
  readonly id: string
  readonly idempotencyId: string
  readonly mailbox: string
  readonly recipient: string
  readonly sender: string
  readonly subject: string
  readonly received: string
  readonly claims: { readonly subject?: string }
  /** base64: Postern's trace fields, then the message as it was received. */
  readonly raw: string
}

export interface Store {
  /** Keeps a mail. False where it was here already. */
  keep(mail: Mail): Promise<boolean>
  /** Newest first. */
  mails(): Promise<readonly Mail[]>
  /** Makes `key` good for `subject`, for `seconds`. */
  addKey(key: string, subject: string, seconds: number): Promise<void>
}

const newestFirst = (mails: readonly Mail[]) => mails.toSorted((a, b) => b.received.localeCompare(a.received))

export function redisStore(url: string): Store {
  return {
    // One command looks for it and keeps it: there is no moment in between at which a crash could lose or double the mail.
    keep: async mail => (await redis(url, 'HSETNX', 'mails', mail.idempotencyId, JSON.stringify(mail))) === 1,
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
      const fresh = !kept.has(mail.idempotencyId)
      kept.set(mail.idempotencyId, mail)
      return fresh
    },
    mails: async () => newestFirst([...kept.values()]),
    addKey: () => Promise.reject(new Error('keys in Redis need REDIS_URL')),
  }
}
