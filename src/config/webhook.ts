/**
 * `processors.NAME.webhook`: an HTTP call for each delivery, what stands in it, and how it is signed and authenticated. What
 * must agree with other keys is checked in check-processors.ts.
 */
import * as z from 'zod'
import { attachments, largerAttachments } from './event.ts'
import { duration, httpUrl, kinds, oneOf, section, text, whole } from './leaves.ts'
import { password, type ReadSecret, type Secret, secret, signingSecret, token, webhookSecret } from './secret.ts'

const second = 1_000
const minute = 60 * second
const hour = 60 * minute

/** In the order of use: the first signs for those who know no other. */
function secrets(read: ReadSecret) {
  const about = 'Signs the calls as Standard Webhooks says: whsec_ and base64. A list while one takes the place of another.'
  const one = secret(about, webhookSecret, read)
  const rule = 'one secret, or a list of 1 to 5 of them'
  return z
    .union([one, z.array(one, { error: rule }).min(1, { error: rule }).max(5, { error: rule })])
    .transform((written): Secret<string>[] => (Array.isArray(written) ? written : [written]))
    .meta({ description: about })
}

const headerRule = 'the name of a header field, such as X-Environment'
const headerPattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/
const headerName = (about: string) =>
  z.string({ error: headerRule }).regex(headerPattern, { error: headerRule }).meta({ description: about })

/** Written by us, or by the connection (RFC 9110 7.6.1), or made for secrets, which never stand in the configuration. */
const ours =
  /^(?:host|connection|content-.*|transfer-encoding|te|trailer|upgrade|expect|keep-alive|authorization|proxy-.*|cookie|webhook-.*|postern-.*|idempotency-key|user-agent)$/i
const fieldRule = 'the name of a header field that isn’t Postern’s own; for secrets there are auth and secret'
const valueRule = 'a text of 1 to 1000 printable ASCII characters'

const headers = z
  .record(
    z.string().refine(name => headerPattern.test(name) && !ours.test(name), { error: fieldRule }),
    z.string({ error: valueRule }).regex(/^(?! )[\x20-\x7e]{1,1000}(?<! )$/, { error: valueRule }),
    { error: issue => (issue.code === 'invalid_key' ? fieldRule : 'a mapping from names to texts') },
  )
  .meta({ description: 'Header fields of your own.' })

const jwtOctets = { HS256: 32, HS384: 48, HS512: 64 } as const

function jwt(read: ReadSecret) {
  const claim = (about: string) => z.exactOptional(text(about, 'a text of 1 to 1000 characters'))
  return section('A JSON Web Token (RFC 7519), made for each call.', {
    secret: secret('Its secret: base64 of at least 32 octets (HS384: 48, HS512: 64).', signingSecret, read),
    algorithm: oneOf('How it is signed (RFC 7518 3.2).', ['HS256', 'HS384', 'HS512']).prefault('HS256'),
    header: headerName('The header field that carries it; in Authorization behind “Bearer”, else alone.').prefault('Authorization'),
    issuer: claim('Its claim iss.'),
    audience: claim('Its claim aud.'),
    subject: claim('Its claim sub.'),
    expires: duration('How long it is good.', { min: second, max: hour }).prefault('60s'),
    skew: duration('It says that it was made so long ago, for clocks that are slow.', { min: 0, max: 5 * minute }).prefault('2s'),
  }).superRefine(({ secret, algorithm }, context) => {
    // Zod asks here too where the place of the secret has been found wrong: then it is as it was written.
    if (!('reveal' in secret)) return
    const wanted = jwtOctets[algorithm]
    if (secret.missing !== undefined || secret.reveal().length >= wanted) return
    const message = `base64 with its padding, of ${wanted} to 1024 octets`
    const what = `the secret from ${secret.from} is too short for ${algorithm}`
    context.addIssue({ code: 'custom', message, path: ['secret'], params: { what } })
  })
}

function auth(read: ReadSecret) {
  const nameRule = 'a user name without a colon'
  return kinds('How the calls prove who they are, beside or instead of their signature.', {
    basic: section('A user name and a password (RFC 7617).', {
      username: z
        .string({ error: nameRule })
        .regex(/^[^:\p{Cc}]{1,255}$/u, { error: nameRule })
        .meta({ description: 'User name.' }),
      password: secret('Password of the user.', password, read),
    }),
    bearer: secret('A token (RFC 6750).', token, read),
    jwt: jwt(read),
  })
}

const mediaTypeRule = 'a media type such as message/rfc822 or text/plain; charset=us-ascii'

export function webhookSection(read: ReadSecret) {
  return section('Called by HTTP POST for each delivery (docs/webhook.md).', {
    url: httpUrl('Where to.'),
    timeout: duration('For the whole call.', { min: 100, max: hour }).prefault('10s'),
    concurrency: whole('Calls at once.', { min: 1, max: 1_000 }).prefault(8),
    secret: z.exactOptional(secrets(read)),
    body: oneOf(
      'What is sent: the event as JSON (docs/event.md), the raw message, or multipart/form-data with the event, the message and its attachments.',
      ['event', 'raw', 'multipart'],
    ).prefault('event'),
    auth: z.exactOptional(auth(read)),
    event: section('What is in the event.', {
      raw: oneOf('The raw message in the event: in base64, as a link, or left out.', ['inline', 'link', 'omit']).prefault('inline'),
      attachments,
      larger: largerAttachments,
    }).prefault({}),
    'content-type': z.exactOptional(
      z
        .string({ error: mediaTypeRule })
        .regex(/^[a-z0-9][a-z0-9.+-]*\/[a-z0-9][a-z0-9.+-]*(?: *; *[a-z0-9-]+=[A-Za-z0-9._-]+)*$/, { error: mediaTypeRule })
        .max(200, { error: mediaTypeRule })
        .meta({ description: 'With body: raw, the type that it is sent as. If left out: message/rfc822.' }),
    ),
    headers: z.exactOptional(headers),
  })
}
