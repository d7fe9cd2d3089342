/**
 * smtp-server as it would be set up by someone who cares for speed: no reverse look-up, no logger, and without its fixed
 * 100 ms before each greeting, which would count against it in short runs. The peers of the benchmarks are made of it.
 */
import type net from 'node:net'
import type tls from 'node:tls'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { SMTPConnection, type SMTPConnectionOptions } from 'smtp-server/lib/smtp-connection.js'

class PromptConnection extends SMTPConnection {
  override init(): void {
    this._setListeners(() => this.connectionReady())
  }
}

class PromptServer extends SMTPServer {
  override connect(socket: net.Socket | tls.TLSSocket, options?: SMTPConnectionOptions | null): void {
    const connection = new PromptConnection(this, socket, options)
    this.connections.add(connection)
    connection.on('error', (error: Error) => this._onError(error))
    connection.on('connect', data => this._onClientConnect(data))
    connection.init()
  }
}

/** Listens on 127.0.0.1 on the port named by the first argument of the program. */
export function servePeer(options: SMTPServerOptions): void {
  const server = new PromptServer({
    disabledCommands: ['AUTH', 'STARTTLS', 'WIZ', 'SHELL', 'KILL'],
    disableReverseLookup: true,
    logger: false,
    size: 26_214_400,
    socketTimeout: 300_000,
    ...options,
  })
  server.on('error', () => {})
  server.listen(Number(process.argv[2]), '127.0.0.1')
  process.once('SIGTERM', () => process.exit(0))
}
