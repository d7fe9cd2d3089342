/**
 * Where keys live, with a million of them: PostgreSQL and Redis, started when they are first needed. Postern and Postfix's own
 * map are given the same table of the same server.
 */
import { type Postgres, startPostgres } from '../../test/support/postgres.ts'
import { startRedis } from '../../test/support/redis.ts'
import { needService } from '../../test/support/services.ts'
import { storedKey, storedKeys } from '../lib/questions.ts'

export interface KeyStores {
  postgres(): Promise<Postgres>
  /** The URL of the Redis. */
  redis(): Promise<string>
  stop(): Promise<void>
}

export function keyStores(): KeyStores {
  const running: { stop(): Promise<void> }[] = []
  const once = <T>(start: () => Promise<T>) => {
    let started: Promise<T> | undefined
    return () => {
      started ??= start()
      return started
    }
  }
  return {
    postgres: once(async () => {
      const server = await openPostgres()
      running.push({ stop: server.remove })
      return server
    }),
    redis: once(async () => {
      const server = await openRedis()
      running.push(server)
      return server.url
    }),
    async stop() {
      for (const server of running) await server.stop()
    },
  }
}

async function openPostgres(): Promise<Postgres> {
  // Postfix opens a connection from each of its processes.
  const server = await startPostgres({ settings: { max_connections: '200', shared_buffers: '256MB', autovacuum: 'off' } })
  await server.sql(`CREATE TABLE keys AS SELECT md5('postern' || n) AS key FROM generate_series(1, ${storedKeys}) AS n`)
  await server.sql('ALTER TABLE keys ADD PRIMARY KEY (key)')
  await server.sql('VACUUM ANALYZE keys')
  return server
}

async function openRedis() {
  needService('redis')
  const server = await startRedis()
  const client = await server.client()
  for (let n = 0; n < storedKeys; n += 1_000) {
    const pairs = Array.from({ length: 1_000 }, (_, index) => [`reply:${storedKey(n + index + 1)}`, '1'])
    await client.mset(...pairs.flat())
  }
  client.disconnect()
  return server
}
