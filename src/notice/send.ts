/**
 * Hands one message to the operator's relay by SMTP (RFC 5321), over nodemailer's connection: one connection a message, the
 * null reverse-path, one recipient exactly as it is given. Must not try twice and must not judge what the server says:
 * outcome.ts does.
 */
import SMTPConnection from 'nodemailer/lib/smtp-connection'
import { patience } from './patience.ts'

export interface SmtpOptions {
  readonly host: string
  readonly port: number
  /**
   * `opportunistic`: STARTTLS where it is offered, whatever the certificate (RFC 7435). `required`: STARTTLS, and `implicit`: TLS
   * from the first octet, both with a certificate that holds for `host`. `none`: in the clear.
   */
  readonly tls: 'opportunistic' | 'required' | 'implicit' | 'none'
  readonly username?: string | undefined
  readonly password?: string | undefined
  /** PEM: who may have signed the certificate, in place of the authorities that Node knows. */
  readonly ca?: string | undefined
}

export interface Parcel {
  /** In the form of RFC 5321 4.1.2, without `<` and `>`. */
  readonly recipient: string
  /** Recipient and header hold more than ASCII: the server must know SMTPUTF8 (RFC 6531). */
  readonly utf8: boolean
  readonly octets: Buffer
}

/** The server can't take an address in UTF-8. */
export class NoSmtpUtf8 extends Error {
  override readonly name = 'NoSmtpUtf8'
}

const loopback = /^(?:127(?:\.\d{1,3}){3}|::1|localhost)$/i

/** What is wrong with the options, as a sentence; null where nothing is. */
export function smtpProblem({ host, tls, username, password }: SmtpOptions): string | null {
  if ((username === undefined) !== (password === undefined)) return 'username and password go together: one of them is missing'
  if (username === undefined || tls === 'required' || tls === 'implicit' || loopback.test(host)) return null
  return `tls: ${tls} would show the password to whoever is between us and ${host}: write tls: required or tls: implicit`
}

/** `name` is said in EHLO. Gives the server's reply to the data; rejects with nodemailer's error, NoSmtpUtf8, or the signal's reason. */
export async function sendParcel(options: SmtpOptions & { readonly name: string }, parcel: Parcel, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted()
  const connection = open(options)
  const { promise: broken, reject } = Promise.withResolvers<never>()
  const stop = (): void => reject(signal.reason)
  connection.on('error', reject)
  connection.on('end', () => reject(Object.assign(new Error('the connection was closed'), { code: 'ECONNECTION' })))
  signal.addEventListener('abort', stop, { once: true })
  try {
    const reply = await Promise.race([broken, dialog(connection, options, parcel)])
    connection.quit()
    return reply
  } catch (error) {
    connection.close()
    throw error
  } finally {
    signal.removeEventListener('abort', stop)
    // After the last word the server has a moment to close; we don't wait for it.
    broken.catch(() => {})
  }
}

function open({ name, host, port, tls, ca }: SmtpOptions & { readonly name: string }): SMTPConnection {
  return new SMTPConnection({
    name,
    host,
    port,
    secure: tls === 'implicit',
    requireTLS: tls === 'required',
    ignoreTLS: tls === 'none',
    opportunisticTLS: tls === 'opportunistic',
    tls: { rejectUnauthorized: tls !== 'opportunistic', ...(ca === undefined ? {} : { ca }) },
    ...patience,
    // A broken-off connection is cut, not closed politely.
    socketCloseTimeout: 0,
    // A relay on this machine is reached by its name where nothing but loopback is up.
    allowInternalNetworkInterfaces: true,
  })
}

async function dialog(connection: SMTPConnection, options: SmtpOptions, { recipient, utf8, octets }: Parcel): Promise<string> {
  await step(done => connection.connect(done))
  // The reply to EHLO: nothing was said since.
  if (utf8 && !/^250[ -]SMTPUTF8\b/im.test(connection.lastServerResponse || '')) throw new NoSmtpUtf8()
  const { username: user, password: pass } = options
  if (user !== undefined && pass !== undefined) await step(done => connection.login({ credentials: { user, pass } }, done))
  const envelope = { from: '', to: [recipient], size: octets.length, use8BitMime: utf8 }
  const { response } = await step<{ readonly response: string }>(done => connection.send(envelope, octets, done))
  return response
}

/** One call of the library as a promise. */
function step<Result = unknown>(call: (done: (error?: Error | null, result?: Result) => void) => void): Promise<Result> {
  const { promise, resolve, reject } = Promise.withResolvers<Result>()
  call((error, result) => (error ? reject(error) : resolve(result as Result)))
  return promise
}
