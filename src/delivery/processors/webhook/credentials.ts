/**
 * How a call says who calls, beside its signature: Basic (RFC 7617), a bearer token (RFC 6750), or a JWT made for the call (RFC 7519,
 * HMAC alone). A secret must never stand in an error or a log line.
 */
import { randomBytes } from 'node:crypto'
import { SignJWT } from 'jose'

export interface JwtOptions {
  /** Octets, or base64 of them; at least as many as the hash has (RFC 7518 3.2): 32, 48 or 64. */
  readonly secret: string | Uint8Array
  /** Default HS256. */
  readonly algorithm?: 'HS256' | 'HS384' | 'HS512' | undefined
  /** The field that it stands in; default Authorization, after `Bearer`. In any other it stands alone. */
  readonly header?: string | undefined
  readonly issuer?: string | undefined
  readonly audience?: string | undefined
  readonly subject?: string | undefined
  /** Milliseconds from the call; default 60 s. */
  readonly expires?: number | undefined
  /** Milliseconds by which it is dated back, for an application whose clock is behind; default 2 s. */
  readonly skew?: number | undefined
}

export type Credentials =
  | { readonly basic: { readonly username: string; readonly password: string } }
  | { readonly bearer: string }
  | { readonly jwt: JwtOptions }

/** The field's name, in lower case, and its value for a call at the time `at`. */
export interface CredentialsField {
  readonly name: string
  value(at: number): string | Promise<string>
}

const octetsOf = { HS256: 32, HS384: 48, HS512: 64 } as const
const fieldName = /^[!#$%&'*+.^`|~\w-]{1,100}$/

/** Throws an Error that says what is wrong with them. */
export function credentialsField(credentials: Credentials): CredentialsField {
  if ('jwt' in credentials) return jwtField(credentials.jwt)
  const value = 'basic' in credentials ? basic(credentials.basic) : bearer(credentials.bearer)
  return { name: 'authorization', value: () => value }
}

function basic({ username, password }: { readonly username: string; readonly password: string }): string {
  if (username.includes(':')) throw new Error('the user name of Basic authentication holds no colon (RFC 7617 2)')
  if (/\p{Cc}/u.test(username + password)) throw new Error('a name or password of Basic authentication holds no control characters')
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

function bearer(token: string): string {
  if (!/^[!-~]{1,4096}$/.test(token)) throw new Error('a bearer token has up to 4,096 characters of visible ASCII')
  return `Bearer ${token}`
}

function jwtField(options: JwtOptions): CredentialsField {
  const { algorithm = 'HS256', header = 'Authorization', expires = 60_000, skew = 2_000 } = options
  if (!Object.hasOwn(octetsOf, algorithm)) throw new Error(`the algorithm of a JWT is one of ${Object.keys(octetsOf).join(', ')}`)
  if (!fieldName.test(header)) throw new Error('the header field of a JWT has a name that HTTP knows no field by')
  const key = keyOf(options.secret, algorithm)
  const name = header.toLowerCase()
  return {
    name,
    async value(at) {
      const id = randomBytes(12).toString('hex')
      // `nonce` is what mail_room calls it.
      const token = new SignJWT({ nonce: id }).setProtectedHeader({ alg: algorithm, typ: 'JWT' }).setJti(id)
      token.setIssuedAt(seconds(at - skew)).setExpirationTime(seconds(at + expires))
      if (options.issuer !== undefined) token.setIssuer(options.issuer)
      if (options.audience !== undefined) token.setAudience(options.audience)
      if (options.subject !== undefined) token.setSubject(options.subject)
      const signed = await token.sign(key)
      return name === 'authorization' ? `Bearer ${signed}` : signed
    },
  }
}

const seconds = (at: number): number => Math.floor(at / 1_000)

function keyOf(secret: string | Uint8Array, algorithm: keyof typeof octetsOf): Uint8Array {
  const octets = typeof secret === 'string' ? decoded(secret.trim()) : secret
  const least = octetsOf[algorithm]
  if (octets.length < least)
    throw new Error(`the secret of a JWT by ${algorithm} has at least ${least} octets, this one has ${octets.length}`)
  return octets
}

function decoded(text: string): Uint8Array {
  const octets = Buffer.from(text, 'base64')
  if (octets.toString('base64') !== text) throw new Error('the secret of a JWT is not base64 with its padding')
  return octets
}
