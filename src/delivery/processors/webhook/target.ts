/**
 * The application as a configuration names it, checked: URL, secrets, credentials, fields, and the pool of connections to it.
 * Any address may be called, private ones included: the URL is the operator's own.
 */
import { Pool } from 'undici'
import { parseSecret } from '../../../lib/standard-webhooks.ts'
import { defaultEventOptions, type EventOptions } from '../../event/event.ts'
import type { BodyOptions } from './body.ts'
import { type Credentials, type CredentialsField, credentialsField } from './credentials.ts'

export interface TargetOptions {
  readonly url: string
  /** `whsec_` and base64 of 24 to 64 octets; several while one is changed for another. Without any, calls are not signed. */
  readonly secret?: string | readonly string[] | undefined
  /** Milliseconds for the whole call, reading the message included. */
  readonly timeout: number
  /** Calls, and connections, at once. */
  readonly concurrency: number
  /** Default `event`. */
  readonly body?: BodyOptions['body'] | undefined
  /** Of `body: raw` alone; default message/rfc822. */
  readonly contentType?: string | undefined
  readonly event?: { readonly [Name in keyof EventOptions]?: EventOptions[Name] | undefined } | undefined
  readonly auth?: Credentials | undefined
  /** Further fields of every call. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

export interface Target {
  readonly pool: Pool
  readonly path: string
  readonly secrets: readonly Buffer[]
  readonly credentials: CredentialsField | null
  readonly headers: Readonly<Record<string, string>>
  readonly form: BodyOptions
}

/** The answer is read this far; a longer one is no answer to a webhook. */
const maxAnswerOctets = 64 * 1024
const mostSecrets = 10

/** Throws an Error that names what is wrong with the options. */
export function openTarget(options: TargetOptions): Target {
  const { timeout, concurrency, auth } = options
  if (!(timeout > 0 && timeout < 2 ** 31)) throw new Error(`the time-out of a webhook is a positive number of milliseconds, not ${timeout}`)
  if (!(Number.isInteger(concurrency) && concurrency > 0)) throw new Error(`the concurrency of a webhook is 1 or more, not ${concurrency}`)
  const url = urlOf(options.url)
  const secrets = [options.secret ?? []].flat().map(parseSecret)
  if (secrets.length > mostSecrets) throw new Error(`a webhook signs with at most ${mostSecrets} secrets`)
  const credentials = auth === undefined ? null : credentialsField(auth)
  const headers = headersOf(options.headers ?? {}, credentials)
  const form = formOf(options)
  return { pool: poolOf(url, options), path: url.pathname + url.search, secrets, credentials, headers, form }
}

function urlOf(text: string): URL {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol)) throw new Error('the URL of a webhook begins with http:// or https://')
  if (url.username !== '' || url.password !== '') throw new Error('a webhook URL can’t hold a name and password: use auth.basic instead')
  return url
}

const poolOf = (url: URL, { timeout, concurrency }: TargetOptions): Pool =>
  new Pool(url.origin, {
    connections: concurrency,
    pipelining: 1,
    connect: { timeout },
    // Our own time-out holds for the whole call, so undici's apply nowhere.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxResponseSize: maxAnswerOctets,
    // Short, unless the application's Keep-Alive field says more: a connection that it closes while we use it costs a second call.
    keepAliveTimeout: 1_000,
  })

function formOf({ body = 'event', contentType, event = {} }: TargetOptions): BodyOptions {
  if (!['event', 'raw', 'multipart'].includes(body)) throw new Error('the body of a webhook is event, raw or multipart')
  if (contentType !== undefined && body !== 'raw') throw new Error('the content type of a webhook can be chosen with body: raw alone')
  if (contentType !== undefined && !/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?: *; *[!-~ ]+)?$/.test(contentType))
    throw new Error('the content type of a webhook is written type/subtype')
  const given = Object.fromEntries(Object.entries(event).filter(([, value]) => value !== undefined))
  return { body, event: { ...defaultEventOptions, ...given }, contentType: contentType ?? 'message/rfc822' }
}

/** What a call says by itself, and what belongs to the connection: not for the operator to set. */
const own = /^(?:content-.*|webhook-.*|postern-.*|idempotency-key|host|connection|keep-alive|transfer-encoding|te|trailer|upgrade|expect)$/

function headersOf(given: Readonly<Record<string, string>>, credentials: CredentialsField | null): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(given)) {
    const lower = name.toLowerCase()
    if (!/^[!#$%&'*+.^`|~\w-]{1,100}$/.test(name)) throw new Error(`“${name.slice(0, 100)}” is no name of a header field`)
    if (own.test(lower)) throw new Error(`the header field ${name} is set by Postern itself`)
    if (lower === credentials?.name) throw new Error(`the header field ${name} is set by auth`)
    if (Object.hasOwn(headers, lower)) throw new Error(`the header field ${name} stands there twice`)
    if (!/^[\t -~]{0,4096}$/.test(value)) throw new Error(`the value of the header field ${name} is not up to 4,096 characters of ASCII`)
    headers[lower] = value
  }
  // Of the credentials' own field too: one that Postern sets can't carry them.
  if (credentials !== null && own.test(credentials.name)) throw new Error(`the header field ${credentials.name} is set by Postern itself`)
  return headers
}
