/**
 * Where a Redis is and who we are there: for keys and for processors alike. What must agree (a server, TLS where authorities
 * are named) is checked in check-redis.ts.
 */
import * as z from 'zod'
import { oneUrl, section, text } from './leaves.ts'
import { pemFile } from './pem-file.ts'
import { password, type ReadSecret, secret } from './secret.ts'

const nodeRule = 'host and port, such as 192.0.2.1:26379 or [2001:db8::1]:26379'
const nodePattern = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\]):(?!0)(\d{1,5})$/

function sentinel(read: ReadSecret) {
  const list = 'a list of at least one host and port'
  const node = z.string({ error: nodeRule }).refine(isNode, { error: nodeRule })
  return section('The Sentinels to ask where the master is, instead of url.', {
    master: text('Name of the master, as the Sentinels call it.', 'the name of the master'),
    nodes: z.array(node, { error: list }).min(1, { error: list }).meta({ description: 'The Sentinels, as host:port.' }),
    password: z.exactOptional(secret('Password of the Sentinels themselves.', password, read)),
  })
}

const isNode = (written: string): boolean => Number(nodePattern.exec(written)?.[1] ?? 65_536) <= 65_535

/** No name either: it has a key of its own. */
export const isRedisUrl = oneUrl(
  ({ protocol, username, password }) => /^redis(?:s|\+unix)?:$/.test(protocol) && username === '' && password === '',
)

const urlRule = 'a redis://, rediss:// or redis+unix:// address without a name and password'
const caAbout = 'A file with the authorities (PEM) that may vouch for the server, with TLS; the system’s if left out.'

export const authorities = (read: ReadSecret) => z.exactOptional(pemFile(caAbout, 'CERTIFICATE', read))

/** Keys of the section that names the server; others stand beside them. */
export const redisServer = (read: ReadSecret) => ({
  url: z.exactOptional(
    z
      .string({ error: urlRule })
      .refine(isRedisUrl, { error: urlRule })
      .meta({ description: 'The server and database; rediss:// for TLS. Beside sentinel, TLS and database alone count.', kind: 'url' }),
  ),
  username: z.exactOptional(text('User name (Redis ACL).', 'a user name')),
  password: z.exactOptional(secret('Password of the server.', password, read)),
  sentinel: z.exactOptional(sentinel(read)),
  ca: authorities(read),
})
