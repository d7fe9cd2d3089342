/**
 * The configuration as the program uses it: every default filled in, durations in milliseconds, sizes in octets, secrets
 * hidden in functions, frozen. Made from what the schema parsed; read by main, cli and check alone.
 */
import type { Parsed } from './schema.ts'

export type Tcp = { readonly host: string; readonly port: number }
/** `mode` as a number: 0o660. */
export type Place = Tcp | { readonly path: string; readonly mode: number }

export interface MailListenerConfig {
  readonly at: Place
  readonly peer: 'origin' | 'relay'
  readonly trusted: readonly string[]
  readonly lineEndings: 'reject' | 'normalize'
}

type ParsedHttp = Parsed['listeners']['http'][number]
export interface HttpListenerConfig {
  readonly at: Tcp | { readonly path: string }
  readonly hosts: readonly string[]
  readonly token?: NonNullable<ParsedHttp['token']>
}

type ParsedMailbox = Parsed['mailboxes'][number]
type ParsedRoute = ParsedMailbox['routes'][number]

/** `key` is left out only where the mailbox says `key: none`. */
export type RouteConfig = Omit<ParsedRoute, 'screening'> & { screening: Parsed['screening'] }
export type MailboxConfig = Omit<ParsedMailbox, 'routes'> & { routes: RouteConfig[] }

export type Config = DeepReadonly<
  Omit<Parsed, 'listeners' | 'mailboxes' | 'postmaster' | 'line-endings'> & {
    listeners: { smtp: MailListenerConfig[]; lmtp: MailListenerConfig[]; http: HttpListenerConfig[] }
    mailboxes: MailboxConfig[]
    /** A name that `processors` has. */
    postmaster: string
  }
>

/** Functions (secrets) stay as they are. */
export type DeepReadonly<T> = T extends (...args: never[]) => unknown
  ? T
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T

/** For a configuration that all checks have passed. */
export function settle({ 'line-endings': lineEndings, ...parsed }: Parsed): Config {
  const postmaster = parsed.postmaster ?? postmasterDefault(parsed.processors)
  const mailListener = ({ peer, trusted, ...at }: Parsed['listeners']['smtp'][number]): MailListenerConfig => ({
    at: placeOf(at),
    peer,
    trusted,
    lineEndings: lineEndings ?? (peer === 'relay' ? 'normalize' : 'reject'),
  })
  return deepFreeze({
    ...parsed,
    listeners: {
      smtp: parsed.listeners.smtp.map(mailListener),
      lmtp: parsed.listeners.lmtp.map(mailListener),
      http: parsed.listeners.http.map(httpListener),
    },
    mailboxes: parsed.mailboxes.map(mailbox => ({
      ...mailbox,
      routes: mailbox.routes.map(route => ({ ...route, screening: { ...parsed.screening, ...route.screening } })),
    })),
    processors: Object.hasOwn(parsed.processors, postmaster) ? parsed.processors : { ...parsed.processors, [postmaster]: { inbox: {} } },
    postmaster,
  })
}

interface WrittenPlace {
  host?: string
  port?: number
  path?: string
  mode?: string
}

function placeOf({ host, port, path, mode }: WrittenPlace): Place {
  return path === undefined ? { host: host!, port: port! } : { path, mode: Number.parseInt(mode ?? '0660', 8) }
}

function httpListener({ hosts, token, path, host, port }: ParsedHttp): HttpListenerConfig {
  const at = path === undefined ? { host: host!, port: port! } : { path }
  return token === undefined ? { at, hosts } : { at, hosts, token }
}

/** The first inbox; without one, an inbox that is added under this name. */
function postmasterDefault(processors: Parsed['processors']): string {
  return Object.entries(processors).find(([, processor]) => 'inbox' in processor)?.[0] ?? 'postmaster'
}

function deepFreeze<T>(value: T): DeepReadonly<T> {
  if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) deepFreeze(inner)
  return Object.freeze(value) as DeepReadonly<T>
}
