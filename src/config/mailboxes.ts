/**
 * `mailboxes`: which addresses are ours, which keys open them, and whom the mail goes to. What must agree between them and
 * with `processors` (addresses, names, keys) is checked in check-mailboxes.ts.
 */
import * as z from 'zod'
import { require } from './authentication.ts'
import { handoff } from './delivery.ts'
import { keySection } from './keys.ts'
import { flag, name, oneOf, section, text } from './leaves.ts'
import type { ReadSecret } from './secret.ts'

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

const severalRule = 'a list of 1 to 10 names of processors'

function route(read: ReadSecret) {
  return section('One kind of key and where its mail goes.', {
    name: name('Name of the route; part of what signed keys are signed for.'),
    key: z.exactOptional(keySection(read)),
    'case-sensitive': z
      .boolean({ error: 'true or false' })
      .meta({ description: '`false`: keys are folded to lower case before they are looked up. Signed keys are, either way.' })
      .prefault(true),
    processor: z.exactOptional(name('Name of the processor that receives the mail.')),
    processors: z.exactOptional(
      z
        .array(name('A name.'), { error: severalRule })
        .min(1, { error: severalRule })
        .max(10, { error: severalRule })
        .meta({ description: 'Instead of processor: all of them receive it, each on its own; the first is the one that is asked inline.' }),
    ),
    handoff: z.exactOptional(handoff),
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
