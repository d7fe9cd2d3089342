/**
 * `notices`: whether authenticated senders are told when their mail is refused after it was taken, and through which server.
 * Without the section nobody is told. What must agree is checked in check-notices.ts.
 */
import * as z from 'zod'
import { needsUtf8, parseAddress } from '../mail/address.ts'
import { duration, host, oneOf, section, text, whole } from './leaves.ts'
import { pemFile } from './pem-file.ts'
import { password, type ReadSecret, secret } from './secret.ts'

const hour = 3_600_000

const addressRule = 'an address in ASCII, such as postmaster@incoming.example.com'
const languageRule = 'a language tag such as en, de or pt-BR'

function smtp(read: ReadSecret) {
  return section('The server that sends them.', {
    host: host('Its name or IP address.'),
    port: whole('Its port.', { min: 1, max: 65_535 }).prefault(25),
    tls: oneOf(
      'STARTTLS where the server offers it, whoever it is (opportunistic); only with it and a certificate that is good (required); TLS from the start (implicit); or none.',
      ['opportunistic', 'required', 'implicit', 'none'],
    ).prefault('opportunistic'),
    username: z.exactOptional(text('User name, where the server wants one.', 'a user name')),
    password: z.exactOptional(secret('Password of the user.', password, read)),
    ca: z.exactOptional(
      pemFile('A file with the authorities (PEM) that may vouch for the server; the system’s if left out.', 'CERTIFICATE', read),
    ),
  })
}

export function noticesSection(read: ReadSecret) {
  return section(
    'Short notices to authenticated senders whose mail is refused after it was taken. If the section is left out, nobody is told.',
    {
      from: z.string({ error: addressRule }).refine(isAddress, { error: addressRule }).meta({ description: 'Author of the notices.' }),
      smtp: smtp(read),
      language: z
        .string({ error: languageRule })
        .regex(/^[a-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}$/, { error: languageRule })
        .meta({ description: 'Language of the templates.' })
        .prefault('en'),
      templates: z.exactOptional(text('Folder of templates of your own; those that aren’t there are ours.', 'the name of a folder')),
      per: duration('A sender hears of one reason once in this time.', { min: hour, max: 7 * 24 * hour }).prefault('1d'),
    },
  )
}

const isAddress = (written: string): boolean => !needsUtf8(written) && parseAddress(written) !== null
