/**
 * The building blocks of the schema. Each says in its error text what is allowed there, as a phrase that can stand behind
 * "allowed:", and in its metadata what docs/config.md says about it. Must not print what was found: it may be a secret.
 */
import * as z from 'zod'
import { durationPattern, formatDuration, parseDuration } from '../lib/duration.ts'
import { formatSize, parseSize, sizePattern } from '../lib/size.ts'
import { trustedPeers } from '../lib/trusted.ts'

/** A mapping with these keys and no others. `about` is its sentence in the documentation, `allowed` replaces the list of keys. */
export function section<Shape extends z.ZodRawShape>(about: string, shape: Shape, allowed?: string) {
  const keys = Object.keys(shape).join(', ')
  const error = (issue: { code?: string }): string => (issue.code === 'unrecognized_keys' ? keys : (allowed ?? `a mapping with: ${keys}`))
  return z.strictObject(shape, { error }).meta({ description: about })
}

/** A mapping from names that the operator chooses. */
export function named<Value extends z.ZodType>(about: string, value: Value) {
  return z.record(name('A name.'), value, { error: issue => (issue.code === 'invalid_key' ? nameRule : 'a mapping from names') }).meta({
    description: about,
  })
}

/** Exactly one of several kinds, told by its only key: `{ webhook: … }` or `{ inbox: {} }`. */
export function kinds<Shape extends Record<string, z.ZodType>>(about: string, shape: Shape) {
  const optional = Object.fromEntries(Object.entries(shape).map(([key, value]) => [key, z.exactOptional(value)]))
  const keys = Object.keys(shape).join(', ')
  type Chosen = { [Key in keyof Shape]: { readonly [K in Key]: z.infer<Shape[Key]> } }[keyof Shape]
  return section(about, optional)
    .meta({ description: about, minProperties: 1, maxProperties: 1 })
    .transform((value, context): Chosen => {
      if (Object.keys(value).length === 1) return value as Chosen
      context.issues.push({ code: 'custom', message: `exactly one of: ${keys}`, input: value })
      return z.NEVER
    })
}

const nameRule = 'a name of up to 64 letters, digits, “-”, “_” and “.”, that begins with a letter or digit'
const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

export const name = (about: string) => z.string({ error: nameRule }).regex(namePattern, { error: nameRule }).meta({ description: about })

/** Characters, where nothing else is said. */
export const mostText = 1_000

export function text(about: string, allowed: string, most = mostText) {
  return z.string({ error: allowed }).min(1, { error: allowed }).max(most, { error: allowed }).meta({ description: about })
}

export interface Range {
  readonly min: number
  readonly max: number
}

/** In the program: milliseconds. */
export const duration = (about: string, range: Range) =>
  quantity(about, range, {
    kind: 'duration',
    pattern: durationPattern,
    parse: parseDuration,
    format: formatDuration,
    example: '10s or 12h (ms, s, m, h, d)',
  })

/** In the program: octets. */
export const size = (about: string, range: Range) =>
  quantity(about, range, {
    kind: 'size',
    pattern: sizePattern,
    parse: parseSize,
    format: formatSize,
    example: '64KiB or 25MiB (B, KiB, MiB, GiB, TiB)',
  })

interface Quantity {
  readonly kind: 'duration' | 'size'
  readonly pattern: string
  readonly parse: (text: string) => number | null
  readonly format: (value: number) => string
  readonly example: string
}

function quantity(about: string, { min, max }: Range, { kind, pattern, parse, format, example }: Quantity) {
  const allowed = `a ${kind} such as ${example}, from ${format(min)} to ${format(max)}`
  return z
    .string({ error: allowed })
    .transform((text, context): number => {
      const value = parse(text)
      if (value !== null && value >= min && value <= max) return value
      context.issues.push({ code: 'custom', message: allowed, input: text })
      return z.NEVER
    })
    .meta({ description: about, kind, pattern, range: `${format(min)} to ${format(max)}` })
}

export function whole(about: string, { min, max }: Range) {
  const error = `a whole number from ${min} to ${max}`
  return z.int({ error }).min(min, { error }).max(max, { error }).meta({ description: about })
}

export const oneOf = <const Values extends readonly [string, ...string[]]>(about: string, values: Values) =>
  z.enum(values, { error: `one of: ${values.join(', ')}` }).meta({ description: about })

/** A test for one address; what can't be read as one doesn't pass. */
export const oneUrl =
  (passes: (url: URL) => boolean) =>
  (written: string): boolean => {
    const url = URL.parse(written)
    return url !== null && passes(url)
  }

const httpRule = 'an http:// or https:// address without a name and password'
const isHttp = oneUrl(url => /^https?:$/.test(url.protocol) && url.username === '' && url.password === '')

export const httpUrl = (about: string) =>
  z.string({ error: httpRule }).refine(isHttp, { error: httpRule }).meta({ description: about, kind: 'url' })

const label = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?'
const domainPattern = new RegExp(`^(?=.{1,253}$)${label}(?:\\.${label})*$`)

/** A host name in letters, digits and hyphens (RFC 5321 2.3.5), as it stands on the wire. */
export function domain(about: string) {
  const error = 'a host name such as incoming.example.com (letters, digits, “-” and “.”; other scripts in their xn-- form)'
  return z.string({ error }).regex(domainPattern, { error }).meta({ description: about })
}

export const flag = (about: string) => z.boolean({ error: 'true or false' }).meta({ description: about })

const hostRule = 'an IP address or a host name'
const hostPattern = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|[0-9A-Fa-f:.]{2,45})$/

/** Where another server is. */
export const host = (about: string) => z.string({ error: hostRule }).regex(hostPattern, { error: hostRule }).meta({ description: about })

/** Addresses and networks of peers. */
export function peers(about: string) {
  const allowed = 'an IP address or a network such as 192.0.2.0/24 or 2001:db8::/32'
  const peer = z.string({ error: allowed }).transform((entry, context): string => {
    if (isPeer(entry)) return entry
    context.issues.push({ code: 'custom', message: allowed, input: entry })
    return z.NEVER
  })
  return z.array(peer, { error: 'a list of IP addresses and networks' }).meta({ description: about })
}

export function isPeer(entry: string): boolean {
  try {
    trustedPeers([entry])
    return true
  } catch {
    return false
  }
}
