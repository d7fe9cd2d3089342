/**
 * A certificate and its key from two files (PEM), for STARTTLS. Both are read again when they change, and take the place of
 * the old ones together, for the handshakes to come; a pair that is no pair changes nothing, and the log says so once.
 */
import { constants, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createSecureContext, type SecureContext } from 'node:tls'
import { watchFile } from '../../lib/watch.ts'
import type { Log } from '../../transaction/ports.ts'

export interface CertificateFiles {
  /** The server's own first, then those up to the root. */
  readonly certificate: string
  /** Without a passphrase. */
  readonly key: string
}

export interface Certificate {
  /** What a new handshake uses. */
  context(): SecureContext
  close(): Promise<void>
}

interface Pair {
  readonly pem: string
  readonly expires: number
  readonly context: SecureContext
}

/** Reads once. Rejects with an Error whose message names the file and what is wrong with it. */
export async function readCertificate(files: CertificateFiles): Promise<Pair> {
  const [cert, key] = await Promise.all([contentOf(files.certificate), contentOf(files.key)])
  const certificate = parsed(files.certificate, 'no certificate', () => new X509Certificate(cert))
  const privateKey: KeyObject = parsed(files.key, 'no private key (PEM, without a passphrase)', () => createPrivateKey(key))
  if (!certificate.checkPrivateKey(privateKey)) throw new Error(`${files.key}: not the key of the certificate in ${files.certificate}`)
  const context = parsed(files.certificate, 'not usable', () =>
    createSecureContext({
      cert,
      key,
      minVersion: 'TLSv1.2',
      honorCipherOrder: true,
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    }),
  )
  return { pem: cert + key, expires: certificate.validToDate.getTime(), context }
}

/** Reads and watches. Rejects as `readCertificate` does. `interval`: milliseconds between two looks. */
export async function openCertificate(files: CertificateFiles, log: Log, interval = 1_000): Promise<Certificate> {
  let current = await readCertificate(files)
  let complaint = ''
  function failed(error: unknown): void {
    const text = `the certificate stays as it was: ${error instanceof Error ? error.message : String(error)}`
    if (text !== complaint) log.error({ certificate: files.certificate }, text)
    complaint = text
  }
  function warnOfExpiry(): void {
    if (current.expires < Date.now())
      log.warn({ certificate: files.certificate, expired: new Date(current.expires) }, 'the certificate has expired')
  }
  async function changed(): Promise<boolean> {
    try {
      const next = await readCertificate(files)
      complaint = ''
      if (next.pem === current.pem) return true
      current = next
      log.info({ certificate: files.certificate, expires: new Date(current.expires) }, 'certificate loaded')
      warnOfExpiry()
    } catch (error) {
      failed(error)
    }
    return true
  }
  warnOfExpiry()
  const watch = watchFile({ path: [files.certificate, files.key], interval, known: '', changed, failed })
  return { context: () => current.context, close: () => watch.close() }
}

async function contentOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new Error(`${file}: ${(error as NodeJS.ErrnoException).code ?? 'cannot be read'}`, { cause: error })
  }
}

function parsed<T>(file: string, problem: string, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    throw new Error(`${file}: ${problem}: ${(error as Error).message}`, { cause: error })
  }
}
