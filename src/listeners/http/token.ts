/**
 * The token in its two forms: `Authorization: Bearer` (RFC 6750 2.1) for programs, and for the page a cookie that proves
 * the token was known when it was made, and says nothing about it. Compared in constant time. Nothing is kept on our side.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

export const cookieName = 'postern'
export const minTokenLength = 16
/** How long a login lasts, in seconds. */
const loginAge = 12 * 3600

export interface TokenCheck {
  matches(given: string): boolean
  /** Whether a bearer token or a cookie of a login is there and right. */
  authorized(headers: IncomingHttpHeaders, now: number): boolean
  /** The value of Set-Cookie for a login at `now`. `secure`: over HTTPS. */
  cookie(now: number, secure: boolean): string
}

export function tokenCheck(token: string): TokenCheck {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  const expected = digest(token)
  const matches = (given: string) => timingSafeEqual(digest(given), expected)
  const sign = (expires: number) => createHmac('sha256', token).update(`postern login until ${expires}`).digest('hex')
  const validCookie = (value: string, now: number) => {
    const match = /^(\d{1,12})\.([0-9a-f]{64})$/.exec(value)
    if (match === null) return false
    return timingSafeEqual(digest(match[2]!), digest(sign(Number(match[1])))) && Number(match[1]) * 1000 > now
  }
  return {
    matches,
    authorized({ authorization, cookie }, now) {
      const bearer = /^Bearer +(\S+)$/i.exec(authorization ?? '')
      return bearer === null ? cookieValues(cookie).some(value => validCookie(value, now)) : matches(bearer[1]!)
    },
    cookie(now, secure) {
      const expires = Math.floor(now / 1000) + loginAge
      return `${cookieName}=${expires}.${sign(expires)}; Max-Age=${loginAge}; ${attributes(secure)}`
    },
  }
}

export const expiredCookie = (secure: boolean): string => `${cookieName}=; Max-Age=0; ${attributes(secure)}`

export const hasCookie = (headers: IncomingHttpHeaders): boolean => cookieValues(headers.cookie).length > 0

const attributes = (secure: boolean) => `Path=/; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`

/** At most four: another program on the same host may have left one of the same name under another path. */
function cookieValues(cookie: string | undefined): string[] {
  const pairs = (cookie ?? '').split(';').map(pair => pair.trim())
  return pairs
    .filter(pair => pair.startsWith(`${cookieName}=`))
    .map(pair => pair.slice(cookieName.length + 1))
    .slice(0, 4)
}
