/** Where a Redis is, from how the configuration says it to what connects: for keys and processors alike. */
import { readFile } from 'node:fs/promises'
import type { Secret } from '../config/secret.ts'
import type { RedisOptions } from '../lib/redis/connect.ts'

/** As config/redis-server.ts has it. */
export interface RedisServerConfig {
  readonly url?: string
  readonly username?: string
  readonly password?: Secret<string>
  readonly sentinel?: { readonly master: string; readonly nodes: readonly string[]; readonly password?: Secret<string> }
  readonly ca?: string
}

/** Rejects where the file of authorities can't be read. */
export async function redisOptions({ url, username, password, sentinel, ca }: RedisServerConfig): Promise<RedisOptions> {
  return defined({
    url,
    username,
    password: password?.reveal(),
    sentinel: sentinel === undefined ? undefined : sentinelOf(sentinel),
    ca: await readCa(ca),
  })
}

function sentinelOf({ master, nodes, password }: NonNullable<RedisServerConfig['sentinel']>) {
  return { master, nodes: nodes.map(nodeOf), ...defined({ password: password?.reveal() }) }
}

/** 'host:port' or '[::1]:port', as the schema has checked. */
function nodeOf(node: string): { readonly host: string; readonly port: number } {
  const colon = node.lastIndexOf(':')
  return { host: node.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(node.slice(colon + 1)) }
}

export const readCa = async (file: string | undefined): Promise<string | undefined> =>
  file === undefined ? undefined : await readFile(file, 'utf8')

/** Without the keys that have no value. */
function defined<T extends object>(options: T): { [Key in keyof T]?: NonNullable<T[Key]> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: NonNullable<T[Key]>
  }
}
