/**
 * What must agree in `listeners`: a place each, no place twice, a relay in front of LMTP that we trust, a token where the
 * page can be reached from elsewhere. Looks at the raw configuration, whatever else is wrong with it.
 */
import type { Finding } from './problem.ts'
import { has, itemsOrOne, type Part, part, texts } from './raw.ts'
import { showText } from './show.ts'

export function checkListeners(root: Part): readonly Finding[] {
  const listeners = part(root, 'listeners')
  const of = (kind: string): readonly Part[] => itemsOrOne(part(listeners, kind))
  const [smtp, lmtp, http] = [of('smtp'), of('lmtp'), of('http')]
  const all = [...smtp, ...lmtp, ...of('socketmap'), ...of('policy'), ...http]
  return [
    ...(listeners.value !== undefined && !has(listeners, 'smtp') && !has(listeners, 'lmtp') ? [noListener(listeners)] : []),
    ...all.flatMap(checkPlace),
    ...samePlaces(all),
    ...lmtp.filter(listener => isTcp(listener) && !namesAnybody(listener, 'trusted')).map(untrusting),
    ...[...smtp, ...lmtp].filter(listener => has(listener, 'path') && namesAnybody(listener, 'proxy-protocol')).map(proxyAtSocket),
    ...[...of('socketmap'), ...of('policy')].filter(trustsNobody).map(unasked),
    ...http.filter(listener => isTcp(listener) && !isLoopback(texts(listener, 'host')) && !has(listener, 'token')).map(openPage),
  ]
}

const noListener = ({ path }: Part): Finding => ({ path, message: 'nothing takes mail', allowed: 'at least one of: smtp, lmtp' })

const isTcp = (listener: Part): boolean => texts(listener, 'host') !== undefined

function checkPlace(listener: Part): readonly Finding[] {
  const [host, port, path, mode] = ['host', 'port', 'path', 'mode'].map(key => has(listener, key))
  const allowed = 'host and port, or path'
  if (path && (host || port)) return [{ path: listener.path, message: 'listens at two places', found: 'path beside host or port', allowed }]
  if (!path && !(host && port)) {
    const found = host ? 'host without port' : port ? 'port without host' : 'neither'
    return [{ path: listener.path, message: 'listens nowhere', found, allowed }]
  }
  if (!path && mode)
    return [{ path: [...listener.path, 'mode'], at: 'key', message: 'only a UNIX socket has a mode', allowed: 'mode beside path' }]
  return []
}

function samePlaces(listeners: readonly Part[]): readonly Finding[] {
  const seen = new Set<string>()
  return listeners.flatMap(listener => {
    const place = placeText(listener)
    if (place === null) return []
    if (seen.has(place))
      return [{ path: listener.path, message: 'two listeners at one place', found: showText(place), allowed: 'another place' }]
    seen.add(place)
    return []
  })
}

/** Null where there is none, or where the system picks a free port. */
function placeText(listener: Part): string | null {
  const port = part(listener, 'port').value
  const host = texts(listener, 'host')
  if (host === undefined || typeof port !== 'number') return texts(listener, 'path') ?? null
  return port === 0 ? null : `${host.toLowerCase()}:${port}`
}

function namesAnybody(listener: Part, key: string): boolean {
  const { value } = part(listener, key)
  return Array.isArray(value) && value.length > 0
}

const untrusting = (listener: Part): Finding => ({
  path: has(listener, 'trusted') ? [...listener.path, 'trusted'] : listener.path,
  message: 'this LMTP listener trusts no peer, so nobody could use it',
  allowed: 'trusted: a list of the relays in front, such as [127.0.0.1]; or a UNIX socket',
})

const proxyAtSocket = ({ path }: Part): Finding => ({
  path: [...path, 'proxy-protocol'],
  at: 'key',
  message: 'who connects to a UNIX socket has no address, so no balancer can be listed',
  allowed: 'proxy-protocol beside host and port',
})

/** Left out, the machine itself is trusted. */
const trustsNobody = (listener: Part): boolean => isTcp(listener) && has(listener, 'trusted') && !namesAnybody(listener, 'trusted')

const unasked = ({ path }: Part): Finding => ({
  path: [...path, 'trusted'],
  message: 'nobody may ask this listener, so nobody could use it',
  allowed: 'a list of the servers that ask, such as [127.0.0.1]; or a UNIX socket',
})

const openPage = (listener: Part): Finding => ({
  path: [...listener.path, 'host'],
  message: 'the page can be reached from elsewhere, and nothing guards it',
  found: showText(texts(listener, 'host') ?? ''),
  allowed: 'a loopback address such as 127.0.0.1, or token: { file: … } beside it',
})

export const isLoopback = (host = ''): boolean =>
  /^(?:::ffff:)?127(?:\.\d{1,3}){3}$/i.test(host) || host === '::1' || /^(?:.*\.)?localhost$/i.test(host)
