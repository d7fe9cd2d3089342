/** Sends one message to a mail server by SMTP or LMTP, over nodemailer. For test mail. */
import { createTransport } from 'nodemailer'
import { patience } from './patience.ts'

export interface Submission {
  readonly to: { readonly host: string; readonly port: number; readonly lmtp: boolean }
  /** '' is the null reverse-path. */
  readonly sender: string
  readonly recipient: string
  readonly raw: string | Buffer
}

/** What the server answered to the data. Rejects with nodemailer's error, whose `response` is the refusing reply. */
export async function submit({ to, sender, recipient, raw }: Submission): Promise<string> {
  const transport = createTransport({
    host: to.host,
    port: to.port,
    lmtp: to.lmtp,
    secure: false,
    ignoreTLS: true,
    ...patience,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  try {
    const info = await transport.sendMail({ envelope: { from: sender, to: [recipient] }, raw })
    return info.response
  } finally {
    transport.close()
  }
}
