/**
 * What must agree in `mailboxes` and `processors`: names used once, addresses that can match and are claimed once, a key
 * wherever one is needed, processors that exist. Looks at the raw configuration, whatever else is wrong with it.
 */
import { duplicates } from '../policy/recipient/overlap.ts'
import { compilePattern } from '../policy/recipient/pattern.ts'
import { compileReferences } from '../policy/recipient/references.ts'
import { nearest } from './nearest.ts'
import { type Finding, formatPath } from './problem.ts'
import { entries, has, isMapping, items, type Part, part, texts } from './raw.ts'
import { showText } from './show.ts'

export function checkMailboxes(root: Part): readonly Finding[] {
  const mailboxes = items(part(root, 'mailboxes'))
  const routes = mailboxes.flatMap(mailbox => items(part(mailbox, 'routes')))
  return [
    ...sameNames(mailboxes, 'mailbox'),
    ...mailboxes.filter(mailbox => texts(mailbox, 'name') === 'postmaster').map(reservedName),
    ...mailboxes.flatMap(mailbox => sameNames(items(part(mailbox, 'routes')), 'route of this mailbox')),
    ...mailboxes.flatMap(checkAddress),
    ...sameAddresses(mailboxes),
    ...mailboxes.flatMap(checkKeys),
    ...routes.flatMap(route => checkDestination(root, route)),
    ...checkProcessor(root, part(root, 'postmaster')),
  ]
}

function sameNames(parts: readonly Part[], what: string): readonly Finding[] {
  const seen = new Map<string, Part>()
  return parts.flatMap(named => {
    const name = texts(named, 'name')
    if (name === undefined) return []
    const first = seen.get(name)
    if (first === undefined) seen.set(name, named)
    const message = `another ${what} has this name`
    return first === undefined
      ? []
      : [{ path: [...named.path, 'name'], message, found: showText(name), allowed: `a name that ${formatPath(first.path)} doesn’t have` }]
  })
}

const reservedName = (mailbox: Part): Finding => ({
  path: [...mailbox.path, 'name'],
  message: 'this name is taken: mail for postmaster of your domains is kept under it',
  found: '"postmaster"',
  allowed: 'any other name',
})

function checkAddress(mailbox: Part): readonly Finding[] {
  const address = texts(mailbox, 'address')
  const references = texts(mailbox, 'references')
  const pattern = address === undefined ? null : compilePattern(address)
  const compiled = references === undefined ? null : compileReferences(references)
  return [
    ...(address !== undefined && pattern !== null && 'problem' in pattern ? [badPattern([...mailbox.path, 'address'], address)] : []),
    ...(references !== undefined && compiled !== null && 'problem' in compiled
      ? [badPattern([...mailbox.path, 'references'], references)]
      : []),
  ]
}

/** The compiler's sentence quotes the whole address; what is found is shown beside it, and in our own way. */
function badPattern(path: Finding['path'], text: string): Finding {
  const wants = path.at(-1) === 'address' ? 'like incoming+%{key}@incoming.example.com' : 'like reply-%{key}@incoming.example.com'
  return { path, message: 'this pattern can’t match', found: showText(text), allowed: `${patternRule(text)}; ${wants}` }
}

function patternRule(text: string): string {
  const keys = text.split('%{key}').length - 1
  if (keys > 1) return '%{key} once'
  if (/%\{/.test(text.replace('%{key}', ''))) return 'no placeholder but %{key}'
  if (text.lastIndexOf('@') < text.indexOf('%{key}')) return '%{key} before the @'
  return 'a local part, one @ and a valid domain, without spaces'
}

function sameAddresses(mailboxes: readonly Part[]): readonly Finding[] {
  const claims = mailboxes.flatMap(mailbox => {
    const pattern = compilePattern(texts(mailbox, 'address') ?? '')
    return 'problem' in pattern ? [] : [{ mailbox: formatPath(mailbox.path), pattern, path: [...mailbox.path, 'address'] }]
  })
  const second = new Map(duplicates(claims).map(([first, again]) => [again, first]))
  return claims.flatMap(claim => {
    const first = second.get(claim)
    if (first === undefined) return []
    const message = 'two mailboxes claim the same address'
    return [{ path: claim.path, message, found: showText(claim.pattern.text), allowed: `an address that ${first.mailbox} doesn’t have` }]
  })
}

/** Where the key of a mailbox stands: in the address, in References, or nowhere (`key: none`). */
function checkKeys(mailbox: Part): readonly Finding[] {
  const pattern = compilePattern(texts(mailbox, 'address') ?? '')
  if ('problem' in pattern) return []
  const open = texts(mailbox, 'key') === 'none'
  const routes = items(part(mailbox, 'routes'))
  if (pattern.hasKey) return [...keyedAddress(mailbox), ...routes.filter(route => !has(route, 'key')).map(keyless)]
  if (!open && !has(mailbox, 'key') && !has(mailbox, 'references')) return [nowhere(mailbox)]
  if (!open) return routes.filter(route => !has(route, 'key')).map(keyless)
  return openAddress(mailbox, routes)
}

function keyedAddress(mailbox: Part): readonly Finding[] {
  return ['references', 'key']
    .filter(key => has(mailbox, key))
    .map(key => ({
      path: [...mailbox.path, key],
      at: 'key' as const,
      message: 'only for a dedicated address; here the key stands in the address',
      allowed: `an address without %{key}, or no ${key}`,
    }))
}

const keyless = (route: Part): Finding => ({
  path: [...route.path, 'key'],
  message: 'missing',
  allowed: 'how keys are verified, such as { signed: … } or { redis: … } (docs/config.md)',
})

const nowhere = (mailbox: Part): Finding => ({
  path: mailbox.path,
  message: 'no key protects this dedicated address',
  allowed: "%{key} in its address, references: 'reply-%{key}@…', or key: none if anybody may write to it",
})

function openAddress(mailbox: Part, routes: readonly Part[]): readonly Finding[] {
  const path = [...mailbox.path, 'key']
  const both: Finding[] = has(mailbox, 'references')
    ? [{ path, message: 'key: none, but references says where the key stands', found: '"none"', allowed: 'one of the two' }]
    : []
  const keyed = routes
    .filter(route => has(route, 'key'))
    .map(route => ({ path: [...route.path, 'key'], at: 'key' as const, message: 'the mailbox says key: none', allowed: 'no key here' }))
  const spare = routes
    .slice(1)
    .map(route => ({ path: route.path, message: 'nothing would come here: without keys the first route takes all', allowed: 'one route' }))
  return [...both, ...keyed, ...spare]
}

/** One processor or several, each once. */
function checkDestination(root: Part, route: Part): readonly Finding[] {
  const several = items(part(route, 'processors'))
  const again = several.filter(({ value }, i) => typeof value === 'string' && several.findIndex(one => one.value === value) < i)
  return [
    ...(has(route, 'processor') && has(route, 'processors') ? [twice(route)] : []),
    ...(isMapping(route.value) && !has(route, 'processor') && !has(route, 'processors') ? [nobody(route)] : []),
    ...[part(route, 'processor'), ...several].flatMap(one => checkProcessor(root, one)),
    ...again.map(({ path, value }) => ({
      path,
      message: 'stands here twice',
      found: showText(String(value)),
      allowed: 'each processor once',
    })),
    ...checkAsked(root, route),
  ]
}

/** A route that says `inline` itself; `delivery.handoff` doesn't mean routes with an inbox (config.ts). */
function checkAsked(root: Part, route: Part): readonly Finding[] {
  const first = texts(route, 'processor') ?? items(part(route, 'processors'))[0]?.value
  if (texts(route, 'handoff') !== 'inline' || typeof first !== 'string') return []
  if (!has(part(part(root, 'processors'), first), 'inbox')) return []
  const message = `nobody would be asked: ${showText(first)} is an inbox`
  return [
    { path: [...route.path, 'handoff'], message, found: '"inline"', allowed: 'queued, or a first processor that calls an application' },
  ]
}

const nobody = ({ path }: Part): Finding => ({
  path: [...path, 'processor'],
  message: 'missing',
  allowed: 'the name of a processor, or processors: a list of names',
})

const twice = ({ path }: Part): Finding => ({
  path: [...path, 'processors'],
  at: 'key',
  message: 'processor says already whom the mail goes to',
  allowed: 'one of the two',
})

function checkProcessor(root: Part, { path, value }: Part): readonly Finding[] {
  const names = entries(part(root, 'processors')).map(entry => String(entry.path.at(-1)))
  if (typeof value !== 'string' || names.length === 0 || names.includes(value)) return []
  const meant = nearest(value, names)
  const message = `no such processor${meant === null ? '' : `; did you mean ${meant}?`}`
  return [{ path, message, found: showText(value), allowed: names.map(name => showText(name)).join(', ') }]
}
