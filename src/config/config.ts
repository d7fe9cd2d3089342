/**
 * The configuration as the program uses it: every default filled in, durations in milliseconds, sizes in octets, secrets
 * hidden in functions, frozen. Made from what the schema parsed; read by main, cli and check alone.
 */
import type { DeepReadonly } from './deep-readonly.ts'
import type { Parsed } from './schema.ts'
import { type ProcessorConfig, settleProcessors } from './settle-processors.ts'

export type Tcp = { readonly host: string; readonly port: number }
/** `mode` as a number: 0o660. */
export type Place = Tcp | { readonly path: string; readonly mode: number }

export interface MailListenerConfig {
  readonly at: Place
  readonly peer: 'origin' | 'relay'
  readonly trusted: readonly string[]
  readonly lineEndings: 'reject' | 'normalize'
  /** Names of files (PEM); null: no STARTTLS. `required`: no mail without it. */
  readonly tls: { readonly certificate: string; readonly key: string; readonly required: boolean } | null
  /** Addresses and networks that speak the PROXY protocol to us; none: it is off. */
  readonly proxyProtocol: readonly string[]
  /** Milliseconds before the greeting; 0: none. */
  readonly earlyTalker: number
}

/** Where Postfix asks us: socketmap and policy. */
export interface AskListenerConfig {
  readonly at: Place
  /** Who may ask. A UNIX socket lets in whom its mode lets in. */
  readonly trusted: readonly string[]
}

type ParsedMail = Parsed['listeners']['smtp'][number]
type ParsedAsk = Parsed['listeners']['policy'][number]
type ParsedHttp = Parsed['listeners']['http'][number]
export interface HttpListenerConfig {
  readonly at: Tcp | { readonly path: string }
  readonly hosts: readonly string[]
  readonly token?: NonNullable<ParsedHttp['token']>
}

type ParsedMailbox = Parsed['mailboxes'][number]
type ParsedRoute = ParsedMailbox['routes'][number]

/**
 * `key` is left out only where the mailbox says `key: none`; `require` where nothing is said: keys that name senders are bound to them.
 * `processors`: at least one, the first is asked where `handoff` is inline.
 */
export type RouteConfig = Omit<ParsedRoute, 'screening' | 'processor' | 'processors' | 'handoff'> & {
  screening: Parsed['screening']
  processors: string[]
  handoff: 'queued' | 'inline'
}
export type MailboxConfig = Omit<ParsedMailbox, 'routes'> & { routes: RouteConfig[] }

export type Config = DeepReadonly<
  Omit<Parsed, 'listeners' | 'mailboxes' | 'processors' | 'postmaster' | 'line-endings'> & {
    listeners: {
      smtp: MailListenerConfig[]
      lmtp: MailListenerConfig[]
      socketmap: AskListenerConfig[]
      policy: AskListenerConfig[]
      http: HttpListenerConfig[]
    }
    mailboxes: MailboxConfig[]
    processors: Record<string, ProcessorConfig>
    /** A name that `processors` has. */
    postmaster: string
  }
>

/** For a configuration that all checks have passed. */
export function settle({ 'line-endings': lineEndings, ...parsed }: Parsed): Config {
  const postmaster = parsed.postmaster ?? postmasterDefault(parsed.processors)
  const processors = settleProcessors(parsed.processors, parsed.links === undefined ? 'omit' : 'link')
  const endings = (peer: 'origin' | 'relay') => lineEndings ?? (peer === 'relay' ? 'normalize' : 'reject')
  const mailListener = (protocol: 'smtp' | 'lmtp') => (written: ParsedMail) => settleMail(protocol, written, endings(written.peer))
  return deepFreeze({
    ...parsed,
    listeners: {
      smtp: parsed.listeners.smtp.map(mailListener('smtp')),
      lmtp: parsed.listeners.lmtp.map(mailListener('lmtp')),
      socketmap: parsed.listeners.socketmap.map(askListener),
      policy: parsed.listeners.policy.map(askListener),
      http: parsed.listeners.http.map(httpListener),
    },
    mailboxes: parsed.mailboxes.map(mailbox => ({
      ...mailbox,
      routes: mailbox.routes.map(route => settleRoute(parsed, route)),
    })),
    authentication: settleAuthentication(parsed.authentication),
    processors: Object.hasOwn(processors, postmaster) ? processors : { ...processors, [postmaster]: { inbox: {} } },
    postmaster,
  })
}

/** A route for bounces takes the null reverse-path, and where an inbox comes first nobody is asked, whatever the others do. */
function settleRoute({ screening, authentication, delivery, ...all }: Omit<Parsed, 'line-endings'>, written: ParsedRoute): RouteConfig {
  const { processor, processors = [processor!], handoff: own, ...route } = written
  const kept = 'inbox' in (all.processors[processors[0]!] ?? {})
  const require = route.require ?? authentication.require
  const bounces = route.bounces ? { 'null-reverse-path': 'accept' as const } : {}
  return {
    ...route,
    ...(require === undefined ? {} : { require }),
    processors,
    handoff: own ?? (kept ? 'queued' : delivery.handoff),
    screening: { ...screening, ...route.screening, ...bounces },
  }
}

/** What nothing is known of can't be enforced. */
const settleAuthentication = (written: Parsed['authentication']): Parsed['authentication'] =>
  written.check ? written : { ...written, spf: 'report', dmarc: 'report' }

interface WrittenPlace {
  host?: string
  port?: number
  path?: string
  mode?: string
}

function placeOf({ host, port, path, mode }: WrittenPlace): Place {
  return path === undefined ? { host: host!, port: port! } : { path, mode: Number.parseInt(mode ?? '0660', 8) }
}

/** Clients that come from anywhere are made to wait; those that must be listed anyway never are. */
export const earlyTalkerDefault = (protocol: 'smtp' | 'lmtp', peer: 'origin' | 'relay'): number =>
  protocol === 'smtp' && peer === 'origin' ? 200 : 0

function settleMail(protocol: 'smtp' | 'lmtp', written: ParsedMail, lineEndings: 'reject' | 'normalize'): MailListenerConfig {
  const { peer, trusted, tls = null, 'proxy-protocol': proxyProtocol, 'early-talker': early, ...at } = written
  const earlyTalker = early ?? earlyTalkerDefault(protocol, peer)
  return { at: placeOf(at), peer, trusted, lineEndings, tls, proxyProtocol, earlyTalker }
}

const askListener = ({ trusted, ...at }: ParsedAsk): AskListenerConfig => ({ at: placeOf(at), trusted })

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
