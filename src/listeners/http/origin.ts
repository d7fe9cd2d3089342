/**
 * Whether a request that changes something was made by one of our own pages, or by no browser at all. Browsers say where a
 * request comes from in Sec-Fetch-Site (Fetch Metadata) or Origin (RFC 6454 7); a page elsewhere can't forge either.
 */
import type { IncomingHttpHeaders } from 'node:http'

/**
 * `form` demands that one of the two is there, as every browser does for a form; programs that use the API send neither.
 * Sec-Fetch-Site goes first: a proxy may have changed Host, which Origin is compared with. Another port of the same host
 * is another origin.
 */
export function isOwnOrigin(headers: IncomingHttpHeaders, form: boolean): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined) return site === 'same-origin' || site === 'none'
  const { origin, host } = headers
  if (origin === undefined) return !form
  if (host === undefined || !/^https?:\/\//.test(origin) || !URL.canParse(origin)) return false
  const url = new URL(origin)
  const own = `${url.protocol}//${host}`
  return URL.canParse(own) && new URL(own).host === url.host
}
