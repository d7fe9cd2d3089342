/**
 * `listeners`: where we listen and who may relay to us. Each kind is one mapping or a list of them. Whether host and path
 * agree, and who must be trusted, is checked across the keys (check-listeners.ts).
 */
import * as z from 'zod'
import { domain, duration, oneOf, peers, section, text, whole } from './leaves.ts'
import { pemFile } from './pem-file.ts'
import { type ReadSecret, secret, token } from './secret.ts'

const hostRule = 'an IP address or a name of this machine'
const hostPattern = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|[0-9A-Fa-f:.]{2,45})$/
const modeRule = 'a file mode in octal digits, in quotes: "0660"'

const at = {
  host: z.exactOptional(
    z.string({ error: hostRule }).regex(hostPattern, { error: hostRule }).meta({ description: 'IP address or name to listen on.' }),
  ),
  port: z.exactOptional(whole('TCP port; 0 takes a free one.', { min: 0, max: 65_535 })),
  path: z.exactOptional(text('UNIX socket to listen on, instead of host and port.', 'the path of a UNIX socket')),
}

const mode = z.exactOptional(
  z
    .string({ error: modeRule })
    .regex(/^0[0-7]{3}$/, { error: modeRule })
    .meta({ description: 'Mode of the UNIX socket: who may connect. “0660” if left out.' }),
)

const trustedAbout = 'Addresses and networks whose XFORWARD we believe and that are never slowed down for what their clients do.'

function tls(read: ReadSecret) {
  return section('STARTTLS (RFC 3207). The files are read again when they change.', {
    certificate: pemFile('A file with the certificate and those between it and the root (PEM).', 'CERTIFICATE', read),
    key: pemFile('A file with its private key (PEM), without a passphrase.', 'PRIVATE KEY', read),
    required: z
      .boolean({ error: 'true or false' })
      .meta({ description: 'Mail is taken only after STARTTLS. Not for port 25 on the internet (RFC 3207 4).' })
      .prefault(false),
  })
}

function mailListener(about: string, peer: 'origin' | 'relay', read: ReadSecret) {
  const peerAbout = `Whom a 5yz reply would hurt: nobody but the client (origin), or a third party who would get a bounce (relay).`
  const earlyAbout =
    'How long an unlisted client must wait for the greeting; one that talks before is refused. If left out: 200ms for SMTP at origin peers, else 0s (off).'
  return section(about, {
    ...at,
    mode,
    peer: oneOf(peerAbout, ['origin', 'relay']).prefault(peer),
    trusted: peers(trustedAbout).prefault([]),
    tls: z.exactOptional(tls(read)),
    'proxy-protocol': peers(
      'Balancers that begin each connection with the PROXY protocol (1 or 2), and must; from others it is an error. None: it is off.',
    ).prefault([]),
    'early-talker': z.exactOptional(duration(earlyAbout, { min: 0, max: 10_000 })),
  })
}

function askListener(about: string) {
  const trusted = peers('Addresses and networks that may ask; others are cut off.').prefault(['127.0.0.0/8', '::1'])
  return section(about, { ...at, mode, trusted })
}

/** One mapping, or a list of them. */
const oneOrMore = <Listener extends z.ZodObject>(listener: Listener) =>
  z
    .union([listener, z.array(listener)])
    .transform(toList<z.infer<Listener>>)
    .meta({ description: listener.meta()?.description ?? '' })
    .prefault([])

const toList = <Value>(value: Value | Value[]): Value[] => (Array.isArray(value) ? value : [value])

export function listenersSection(read: ReadSecret) {
  const http = section('Web page, API and health probes.', {
    ...at,
    hosts: z
      .array(domain('A name.'), { error: 'a list of host names' })
      .meta({ description: 'Names under which browsers reach the page; loopback names are always allowed.' })
      .prefault([]),
    token: z.exactOptional(
      secret('Who may use the page and the API. Required off loopback and for requests through a proxy.', token, read),
    ),
  })
  return section('Where we listen. Each is one mapping or a list of them; at least one takes mail.', {
    smtp: oneOrMore(mailListener('SMTP from clients (RFC 5321).', 'origin', read)),
    lmtp: oneOrMore(mailListener('LMTP from a relay (RFC 2033), which must be trusted.', 'relay', read)),
    socketmap: oneOrMore(askListener('Postfix asks which recipients there are: the map `recipients` (socketmap_table(5)).')),
    policy: oneOrMore(askListener('Postfix asks whether to take mail for a recipient (SMTPD_POLICY_README).')),
    http: oneOrMore(http),
  })
}
