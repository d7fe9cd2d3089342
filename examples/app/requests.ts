/** What a request sends, read with a bound, and the two forms in which this application answers. */
import type { IncomingMessage, ServerResponse } from 'node:http'

/** A message of 25 MiB makes an event of about 34 MiB. */
const mostOctets = 40 * 1024 * 1024

export async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let octets = 0
  for await (const chunk of request) {
    octets += (chunk as Buffer).length
    if (octets > mostOctets) throw new RangeError('the body is too large')
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks)
}

export const formOf = async (request: IncomingMessage): Promise<URLSearchParams> =>
  new URLSearchParams((await bodyOf(request)).toString('utf8'))

/** Programs ask for JSON; browsers don't. */
export const wantsJson = (request: IncomingMessage): boolean => (request.headers.accept ?? '').includes('application/json')

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(value)}\n`)
}

export function sendPage(response: ServerResponse, html: string): void {
  const headers = { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'" }
  response.writeHead(200, headers).end(html)
}
