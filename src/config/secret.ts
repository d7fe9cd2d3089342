/**
 * Secrets: never in the configuration itself, but in a file or in the environment. Once read, a secret hides in a function,
 * so that printing, logging or serialising the configuration can only show where it came from.
 */
import * as z from 'zod'
import { section } from './leaves.ts'
import { looksSecret } from './looks-secret.ts'

export interface Secret<Value> {
  /** Where it comes from: "file var/keys/1", "environment POSTERN_TOKEN". */
  readonly from: string
  /** The file that a first start makes, because it asks for `create: true` and wasn't there when it was read. */
  readonly missing?: string
  /** Throws where the secret is not there yet: `create: true`, before the first start. */
  reveal(): Value
}

/** Where a secret stands, as it is written. `create`: make it on first start. */
export type SecretPlace = { readonly file: string; readonly create: boolean } | { readonly env: string }

/** A secret's text, or what is wrong; `missing`: a file that first start will make. */
export type SecretText = { readonly text: string } | { readonly missing: string } | { readonly problem: string; readonly allowed: string }

/** How the schema gets at secrets; tests and the documentation have readers of their own. */
export type ReadSecret = (place: SecretPlace) => SecretText

/** What a secret must look like: its value, or null. `allowed` says it in words. */
export interface SecretForm<Value> {
  readonly allowed: string
  readonly decode: (text: string) => Value | null
}

const plainKeys = '{ file: … } or { env: … }'
const notHere = `${plainKeys}; a secret never stands here itself`
const fileName = 'the name of a file'
const variableName = 'the name of an environment variable, such as POSTERN_SECRET'

const shape = {
  file: z.exactOptional(
    z
      .string({ error: fileName })
      .min(1, { error: fileName })
      .meta({ description: 'A file that holds it, relative to the working folder.' }),
  ),
  env: z.exactOptional(
    z
      .string({ error: variableName })
      .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: variableName })
      .meta({ description: 'An environment variable that holds it.' }),
  ),
}

/** A secret that somebody else makes. */
export const secret = <Value>(about: string, form: SecretForm<Value>, read: ReadSecret) =>
  section(about, shape, notHere)
    .meta({ description: about, kind: 'secret' })
    .transform(resolver(form, read, plainKeys))

/** A secret that Postern may make on first start. */
export const ownSecret = <Value>(about: string, form: SecretForm<Value>, read: ReadSecret) =>
  section(
    about,
    {
      ...shape,
      create: z.exactOptional(
        z.boolean({ error: 'true or false' }).meta({ description: 'Make the file on first start if it isn’t there.' }),
      ),
    },
    notHere,
  )
    .meta({ description: about, kind: 'secret' })
    .transform(resolver(form, read, `${plainKeys}, with create: true only beside a file`))

interface Written {
  file?: string
  env?: string
  create?: boolean
}

function resolver<Value>(form: SecretForm<Value>, read: ReadSecret, keys: string) {
  return (written: Written, context: z.RefinementCtx): Secret<Value> => {
    const refuse = (message: string, what?: string): never => {
      context.issues.push({ code: 'custom', message, input: written, ...(what === undefined ? {} : { params: { what } }) })
      return z.NEVER
    }
    const place = placeOf(written)
    if (place === null) return refuse(keys)
    const found = read(place)
    if ('problem' in found) return refuse(found.allowed, found.problem)
    if ('missing' in found) return pendingSecret(found.missing, form, read)
    const value = form.decode(found.text)
    return value === null
      ? refuse(form.allowed, `the secret from ${nameOf(place)} has the wrong form`)
      : { from: nameOf(place), reveal: () => value }
  }
}

/** Read when it is needed, because it is made after the configuration was found good. */
function pendingSecret<Value>(missing: string, form: SecretForm<Value>, read: ReadSecret): Secret<Value> {
  const from = nameOf({ file: missing, create: true })
  const reveal = (): Value => {
    const found = read({ file: missing, create: true })
    const value = 'text' in found ? form.decode(found.text) : null
    if (value === null) throw new Error(`the secret from ${from} is not there: it is made when the server first starts`)
    return value
  }
  return { from, missing, reveal }
}

function placeOf({ file, env, create }: Written): SecretPlace | null {
  if (file !== undefined) return env === undefined ? { file, create: create === true } : null
  return env === undefined || create !== undefined ? null : { env }
}

export const nameOf = (place: SecretPlace): string =>
  'file' in place ? `file ${looksSecret(place.file) ? '…' : place.file}` : `environment ${place.env}`

/** `text` as octets if it is base64 with its padding, of at least `min` and at most `max` octets. */
export function base64(text: string, min: number, max: number): Uint8Array | null {
  const octets = Buffer.from(text, 'base64')
  return octets.toString('base64') === text && octets.length >= min && octets.length <= max ? new Uint8Array(octets) : null
}

export const signingSecret: SecretForm<Uint8Array> = {
  allowed: 'base64 with its padding, of 32 to 1024 octets',
  decode: text => base64(text, 32, 1024),
}

export const webhookSecret: SecretForm<string> = {
  allowed: 'whsec_ and base64 of 24 to 64 octets',
  decode: text => (text.startsWith('whsec_') && base64(text.slice('whsec_'.length), 24, 64) !== null ? text : null),
}

export const token: SecretForm<string> = {
  allowed: '16 to 1000 printable characters without spaces',
  decode: text => (/^[\x21-\x7e]{16,1000}$/.test(text) ? text : null),
}

/** What another server asks for. */
export const password: SecretForm<string> = {
  allowed: '1 to 1000 characters on one line',
  decode: text => (text.length <= 1_000 && /^[^\p{Cc}]+$/u.test(text) ? text : null),
}
