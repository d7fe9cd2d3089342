/**
 * A Lua script that a server runs as one step: sent by its hash, and as a whole where the server doesn't know it (any more). It
 * must never be half done, which is for its author to see to: Redis undoes nothing when a script fails.
 */
import { createHash } from 'node:crypto'
import type { Redis } from 'ioredis'
import { messageOf } from './client.ts'
import { errorCode } from './state-log.ts'

export interface Script {
  /** Rejects with what the server says. */
  run(client: Redis, keys: readonly string[], args: readonly (string | number | Buffer)[]): Promise<unknown>
}

export function redisScript(source: string): Script {
  const hash = createHash('sha1').update(source).digest('hex')
  return {
    run: (client, keys, args) =>
      client.evalsha(hash, keys.length, ...keys, ...args).catch((error: unknown) => {
        if (errorCode(messageOf(error)) !== 'NOSCRIPT') throw error
        return client.eval(source, keys.length, ...keys, ...args)
      }),
  }
}
