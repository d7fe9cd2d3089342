/** One message of about 4 KB with one rsa-2048 signature, and what the DNS says of its domain. Made anew for each run. */
import { generateKeyPairSync } from 'node:crypto'
import { createRequire } from 'node:module'
import type { DnsRecords } from '../../test/support/dns.ts'

// Its types ask for what its code doesn't.
const { dkimSign } = createRequire(import.meta.url)('mailauth/lib/dkim/sign.js') as {
  dkimSign(message: string, options: object): Promise<{ readonly signatures: string; readonly errors: readonly object[] }>
}

export const domain = 'example.net'
const selector = 'bench'
export const publicKeyName = `${selector}._domainkey.${domain}`

export interface SignedMessage {
  /** Lines end with LF: smtp-source writes CRLF. */
  readonly text: string
  readonly publicKey: string
  /** SPF permits 127.0.0.1, DMARC asks for reject. */
  readonly zone: Readonly<Record<string, DnsRecords>>
}

const octets = 4_096

export async function signedMessage(): Promise<SignedMessage> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const header = [
    `From: Person <person@${domain}>`,
    'To: incoming@incoming.example.com',
    'Subject: a message to be verified',
    `Date: ${new Date().toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <${Date.now()}@${domain}>`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
  ]
  const line = 'A line of text as people write it, about as long as lines in mail are.'
  const body = `${line}\r\n`.repeat(Math.ceil((octets - header.join('\r\n').length - 600) / (line.length + 2)))
  const message = `${header.join('\r\n')}\r\n\r\n${body}`
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const { signatures, errors } = await dkimSign(message, {
    canonicalization: 'relaxed/relaxed',
    signatureData: [{ signingDomain: domain, selector, privateKey: pem }],
  })
  if (errors.length > 0 || signatures === '') throw new Error(`the message could not be signed: ${JSON.stringify(errors)}`)
  const record = `v=DKIM1; k=rsa; p=${publicKey.export({ type: 'spki', format: 'der' }).toString('base64')}`
  return {
    text: `${signatures.trimEnd()}\r\n${message}`.replaceAll('\r\n', '\n'),
    publicKey: record,
    zone: {
      [domain]: { TXT: ['v=spf1 ip4:127.0.0.1 -all'] },
      [publicKeyName]: { TXT: [record] },
      [`_dmarc.${domain}`]: { TXT: ['v=DMARC1; p=reject'] },
    },
  }
}
