/** Where the running server's page and API are, as the commands that ask it find them in the configuration. */
import type { Config } from '../config/config.ts'

export interface Page {
  /** Without a slash at the end. */
  readonly url: string
  readonly token: string | null
}

/** Who listens on every address is reached on loopback. */
export const reachable = ({ host, port }: { readonly host: string; readonly port: number }) => ({
  host: host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host,
  port,
})

/** null where HTTP is off or on a UNIX socket. */
export function pageOf(config: Config): Page | null {
  for (const listener of config.listeners.http) {
    if (!('port' in listener.at)) continue
    const { host, port } = reachable(listener.at)
    return { url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`, token: listener.token?.reveal() ?? null }
  }
  return null
}

export const authorization = ({ token }: Page): Record<string, string> => (token === null ? {} : { authorization: `Bearer ${token}` })
