/**
 * What must agree in `notices.smtp` and in routes for bounces: a user with a password, a password that nobody can overhear,
 * authorities where a certificate is looked at. Looks at the raw configuration, whatever else is wrong with it.
 */
import { isLoopback } from './check-listeners.ts'
import type { Finding } from './problem.ts'
import { has, isMapping, items, type Part, part, texts } from './raw.ts'
import { showText } from './show.ts'

export function checkNotices(root: Part): readonly Finding[] {
  const smtp = part(part(root, 'notices'), 'smtp')
  const routes = items(part(root, 'mailboxes')).flatMap(mailbox => items(part(mailbox, 'routes')))
  return [...(isMapping(smtp.value) ? checkServer(smtp) : []), ...routes.filter(refusesItsBounces).map(refusing)]
}

function checkServer(smtp: Part): readonly Finding[] {
  const [username, password, ca] = ['username', 'password', 'ca'].map(key => has(smtp, key))
  const tls = texts(smtp, 'tls') ?? 'opportunistic'
  const isVerified = tls === 'required' || tls === 'implicit'
  const isHere = isLoopback(texts(smtp, 'host'))
  return [
    ...(username === password ? [] : [half(smtp, username ? 'password' : 'username')]),
    ...(password && !isVerified && !isHere ? [overheard(smtp, tls)] : []),
    ...(ca && !isVerified ? [unlooked(smtp, tls)] : []),
  ]
}

const half = ({ path }: Part, missing: string): Finding => ({
  path: [...path, missing],
  message: 'missing',
  allowed: 'username and password, or neither',
})

const overheard = ({ path }: Part, tls: string): Finding => ({
  path: [...path, 'tls'],
  message: 'the password could be overheard on the way to another machine',
  found: showText(tls),
  allowed: 'required or implicit, or a server on this machine',
})

const unlooked = ({ path }: Part, tls: string): Finding => ({
  path: [...path, 'ca'],
  at: 'key',
  message: `no certificate is looked at with tls: ${showText(tls)}`,
  allowed: 'tls: required or implicit beside ca',
})

const refusesItsBounces = (route: Part): boolean =>
  part(route, 'bounces').value === true && texts(part(route, 'screening'), 'null-reverse-path') === 'refuse'

const refusing = ({ path }: Part): Finding => ({
  path: [...path, 'screening', 'null-reverse-path'],
  message: 'bounces come from the null reverse-path, and this route is for bounces',
  found: '"refuse"',
  allowed: 'accept, or bounces: false',
})
