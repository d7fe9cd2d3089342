/**
 * `mailboxes` and `processors`: which addresses are ours, which keys open them, and who receives the mail. What must agree
 * between them (addresses, names, keys) is checked in check-mailboxes.ts.
 */
import * as z from 'zod'
import { require } from './authentication.ts'
import { keySection } from './keys.ts'
import { duration, flag, httpUrl, kinds, name, named, oneOf, section, text, whole } from './leaves.ts'
import { type ReadSecret, secret, webhookSecret } from './secret.ts'

export const screeningShape = {
  automatic: oneOf('Mail whose header says that a machine wrote it: reject (at relay peers: discard), discard, only tag, or ignore.', [
    'reject',
    'discard',
    'tag',
    'ignore',
  ]),
  vacation: oneOf(
    'Holiday notices that don’t say in their header that a machine wrote them, told by a table of subjects: reject (at relay peers: discard), discard, only tag, or ignore.',
    ['ignore', 'tag', 'discard', 'reject'],
  ),
  'null-reverse-path': oneOf('Mail from the null reverse-path and mailer-daemon.', ['refuse', 'accept']),
}

function route(read: ReadSecret) {
  return section('One kind of key and where its mail goes.', {
    name: name('Name of the route; part of what signed keys are signed for.'),
    key: z.exactOptional(keySection(read)),
    'case-sensitive': z
      .boolean({ error: 'true or false' })
      .meta({ description: '`false`: keys are folded to lower case before they are looked up. Signed keys are, either way.' })
      .prefault(true),
    processor: name('Name of the processor that receives the mail.'),
    require: z.exactOptional(require),
    bounces: flag(
      'This route is for bounces: they are taken, from the null reverse-path too, and what they report (RFC 3464) is handed over as data.',
    ).prefault(false),
    screening: z.exactOptional(
      section('Screening of this route, where it differs.', {
        automatic: z.exactOptional(screeningShape.automatic),
        vacation: z.exactOptional(screeningShape.vacation),
        'null-reverse-path': z.exactOptional(screeningShape['null-reverse-path']),
      }),
    ),
  })
}

export function mailboxesSection(read: ReadSecret) {
  const list = 'a list of at least one mailbox'
  const routes = 'a list of at least one route'
  const mailbox = section('One configured address.', {
    name: name('Name of the mailbox; part of what signed keys are signed for.'),
    address: text(
      'Address pattern: `incoming+%{key}@…` (sub-address), `%{key}@…` (catch-all, in quotes) or, without `%{key}`, a dedicated address.',
      'an address such as incoming+%{key}@incoming.example.com',
    ),
    references: z.exactOptional(
      text(
        'At a dedicated address: how the message ids look that carry the key in References.',
        'a message id such as reply-%{key}@gitlab.example.com',
      ),
    ),
    key: z.exactOptional(oneOf('`none`: the dedicated address takes mail without a key.', ['none'])),
    routes: z.array(route(read), { error: routes }).min(1, { error: routes }).meta({ description: 'Tried in order.' }),
  })
  return z.array(mailbox, { error: list }).min(1, { error: list }).meta({ description: 'The addresses we take mail for.' })
}

export function processorsSection(read: ReadSecret) {
  const webhook = section('Called by HTTP POST for each delivery (docs/webhook.md).', {
    url: httpUrl('Where to.'),
    secret: z.exactOptional(secret('Signs the calls as Standard Webhooks says: whsec_ and base64.', webhookSecret, read)),
    timeout: duration('For the whole call.', { min: 100, max: 3_600_000 }).prefault('10s'),
    concurrency: whole('Calls at once.', { min: 1, max: 1_000 }).prefault(8),
  })
  const processor = kinds('Who receives mail.', {
    webhook,
    inbox: section('Mail stays in the spool and shows on the web page.', {}),
  })
  return named('Who receives accepted mail, by name.', processor)
}
