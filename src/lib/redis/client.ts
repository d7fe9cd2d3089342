/**
 * One connection to one Redis server, proved before it is used: signed in, in the right database, a master where one is
 * wanted, and able to answer the very kind of question that will be asked. A connection is never mended; another is made.
 * What the library would do by itself (queue, retry, resend, warn on the console) is switched off.
 */
import type { ConnectionOptions } from 'node:tls'
import { Redis, type RedisOptions } from 'ioredis'
import { type Place, showPlace } from './address.ts'

export interface ClientOptions {
  readonly place: Place
  readonly tls: ConnectionOptions | null
  readonly username?: string | undefined
  readonly password?: string | undefined
  /** Milliseconds for connecting and proving together. */
  readonly within: number
  readonly signal: AbortSignal
  /** Throws where the connection can't be used. */
  prove(client: Redis): Promise<unknown>
}

/** Resolves to a connection that has passed `prove`. Rejects with an error whose message says where and what, and never a password. */
export async function openClient(options: ClientOptions): Promise<Redis> {
  const client = new Redis(clientOptions(options))
  const { ended, forget } = endOf(client, options)
  try {
    await Promise.race([ended, proved(client, options)])
    return client
  } catch (error) {
    severClient(client)
    throw new Error(`${showPlace(options.place)}: ${messageOf(error)}`)
  } finally {
    forget()
  }
}

/** Closes at once: what waits for an answer gets none, and nothing is made anew. */
export function severClient(client: Redis): void {
  client.disconnect()
  // disconnect says goodbye and waits for the other side; one that hangs would be waited for.
  client.stream?.destroy()
}

export const messageOf = (error: unknown): string => (error instanceof Error && error.message !== '' ? error.message : String(error))

function clientOptions({ place, tls, within }: ClientOptions): RedisOptions & { replyMapping: 'legacy' } {
  return {
    ...place,
    ...(tls === null ? {} : { tls }),
    lazyConnect: true,
    connectTimeout: within,
    retryStrategy: null,
    enableOfflineQueue: false,
    enableReadyCheck: false,
    disableClientInfo: true,
    protocol: 2,
    replyMapping: 'legacy',
  }
}

async function proved(client: Redis, { username, password, prove }: ClientOptions): Promise<void> {
  await client.connect()
  // Here and not by the library: it prints to the console, and goes on, where a server wants no password.
  if (password !== undefined) await (username === undefined ? client.auth(password) : client.auth(username, password))
  await prove(client)
}

/** `ended` rejects with what ended the connection first: the library's own promises say only that it is closed. */
function endOf(client: Redis, { within, signal }: ClientOptions) {
  const { promise, reject } = Promise.withResolvers<never>()
  // An error comes by its event a moment after the promise that waits for it: the event is what tells why.
  client.on('error', reject)
  const timer = setTimeout(() => reject(new Error(`not ready within ${within} ms`)), within)
  const aborted = () => reject(new Error('closed'))
  if (signal.aborted) aborted()
  signal.addEventListener('abort', aborted)
  promise.catch(() => {})
  const forget = () => {
    clearTimeout(timer)
    signal.removeEventListener('abort', aborted)
  }
  return { ended: promise, forget }
}
