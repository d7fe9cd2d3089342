/**
 * `listeners`: where we listen and who may relay to us. Each kind is one mapping or a list of them. Whether host and path
 * agree, and who must be trusted, is checked across the keys (check-listeners.ts).
 */
import * as z from 'zod'
import { domain, oneOf, peers, section, text, whole } from './leaves.ts'
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

function mailListener(about: string, peer: 'origin' | 'relay') {
  const peerAbout = `Whom a 5yz reply would hurt: nobody but the client (origin), or a third party who would get a bounce (relay).`
  return section(about, {
    ...at,
    mode,
    peer: oneOf(peerAbout, ['origin', 'relay']).prefault(peer),
    trusted: peers(trustedAbout).prefault([]),
  })
}

const toList = <Value>(value: Value | Value[]): Value[] => (Array.isArray(value) ? value : [value])

export function listenersSection(read: ReadSecret) {
  const smtp = mailListener('SMTP from clients (RFC 5321).', 'origin')
  const lmtp = mailListener('LMTP from a relay (RFC 2033), which must be trusted.', 'relay')
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
    smtp: z
      .union([smtp, z.array(smtp)])
      .transform(toList)
      .meta({ description: 'SMTP from clients (RFC 5321).' })
      .prefault([]),
    lmtp: z
      .union([lmtp, z.array(lmtp)])
      .transform(toList)
      .meta({ description: 'LMTP from a relay (RFC 2033), which must be trusted.' })
      .prefault([]),
    http: z
      .union([http, z.array(http)])
      .transform(toList)
      .meta({ description: 'Web page, API and health probes.' })
      .prefault([]),
  })
}
