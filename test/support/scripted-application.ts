/**
 * A real HTTP server on a free port that plays an application: it keeps the requests it got and answers as the test says.
 * Only for loopback.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Received {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
  readonly octets: Buffer
}

export type Script = (request: IncomingMessage, response: ServerResponse, received: Received) => void

export interface Application {
  readonly url: string
  readonly requests: Received[]
  /** Connections accepted since the start. */
  connections(): number
  close(): Promise<void>
}

export const answering =
  (status: number, body = '', headers: Record<string, string> = {}): Script =>
  (_request, response) =>
    void response.writeHead(status, headers).end(body)

export async function startApplication(script: Script): Promise<Application> {
  const requests: Received[] = []
  let connections = 0
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('error', () => {})
    request.on('data', chunk => chunks.push(chunk))
    request.on('end', () => {
      const octets = Buffer.concat(chunks)
      const received = { method: request.method!, path: request.url!, headers: request.headers, body: octets.toString(), octets }
      requests.push(received)
      script(request, response, received)
    })
  })
  server.on('connection', () => connections++)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/inbound?a=b`,
    requests,
    connections: () => connections,
    async close() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
