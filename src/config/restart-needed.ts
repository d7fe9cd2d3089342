/**
 * What a reload can't change: the sections that differ between two configurations and are used only when the server starts.
 * Secrets count by their value, which is shown nowhere. Pure.
 */
import { isDeepStrictEqual } from 'node:util'
import type { Config } from './config.ts'
import { isMapping } from './raw.ts'
import type { Secret } from './secret.ts'

/** Taken over by a reload. Everything else waits for a restart, what is added to the schema later as well. */
const reloadable: ReadonlySet<string> = new Set(['mailboxes', 'processors', 'postmaster', 'screening', 'limits'])

/** Names of sections, in the order of `after`. `line-endings` counts as `listeners`. */
export function restartNeeded(before: Config, after: Config): readonly string[] {
  const [old, now] = [before, after] as readonly Readonly<Record<string, unknown>>[]
  const names = new Set([...Object.keys(now!), ...Object.keys(old!)])
  return [...names].filter(name => !reloadable.has(name) && !same(kept(old!, name), kept(now!, name)))
}

/**
 * What the section holds for itself. Whom routes ask for and when they answer is settled into them (config.ts), and reloaded with
 * them, as is how long clients wait.
 */
function kept(config: Readonly<Record<string, unknown>>, name: string): unknown {
  const value = config[name]
  const withRoutes = Object.hasOwn(reloadedWithin, name) ? reloadedWithin[name] : undefined
  if (withRoutes === undefined || !isMapping(value)) return value
  return Object.fromEntries(Object.entries(value).filter(([key]) => !withRoutes.includes(key)))
}

const reloadedWithin: Readonly<Record<string, readonly string[]>> = { authentication: ['require'], delivery: ['handoff', 'inline'] }

function same(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => same(item, b[i]))
  if (!isMapping(a) || !isMapping(b)) return Object.is(a, b)
  // Where a secret comes from is no difference while it says the same.
  if (isSecret(a) && isSecret(b)) return sameValue(a, b)
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].every(name => same(a[name], b[name]))
}

const isSecret = (value: object): value is Secret<unknown> => 'reveal' in value && typeof value.reveal === 'function'

/** One that isn't there yet is the same as another. */
const sameValue = (a: Secret<unknown>, b: Secret<unknown>): boolean => isDeepStrictEqual(revealed(a), revealed(b))

function revealed(secret: Secret<unknown>): unknown {
  try {
    return secret.reveal()
  } catch {
    return undefined
  }
}
