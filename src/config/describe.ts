/**
 * The effective configuration as it could be written in a file: every default filled in, durations and sizes in their units,
 * and instead of each secret where it comes from. Must never reveal a secret.
 */
import { stringify } from 'yaml'
import { formatDuration } from '../lib/duration.ts'
import { formatSize } from '../lib/size.ts'
import type { Config } from './config.ts'
import { type JsonSchema, jsonSchema, resolved } from './json-schema.ts'
import { isMapping } from './raw.ts'
import { withoutQuery } from './show.ts'

/** As YAML. */
export const describeYaml = (config: Config): string => stringify(describe(config), { lineWidth: 0 })

/** As plain data, in the words of the configuration file. */
export function describe(config: Config): Readonly<Record<string, unknown>> {
  const { hostname, listeners, ...rest } = config
  const all = [...listeners.smtp, ...listeners.lmtp]
  const endings = new Set(all.map(listener => listener.lineEndings))
  const written = {
    hostname,
    listeners: {
      smtp: listeners.smtp.map(mailListener),
      lmtp: listeners.lmtp.map(mailListener),
      socketmap: listeners.socketmap.map(({ at, trusted }) => ({ ...placeText(at), trusted })),
      policy: listeners.policy.map(({ at, trusted }) => ({ ...placeText(at), trusted })),
      http: listeners.http.map(({ at, ...more }) => ({ ...at, ...more })),
    },
    ...rest,
  }
  // Left out where it differs by peer, as it does by default.
  const [only] = endings
  const byPeer = all.every(({ peer, lineEndings }) => lineEndings === (peer === 'relay' ? 'normalize' : 'reject'))
  const root = jsonSchema()
  return asWritten(byPeer ? written : { ...written, 'line-endings': only }, root, root) as Record<string, unknown>
}

function mailListener({ at, peer, trusted, tls, proxyProtocol, earlyTalker }: Config['listeners']['smtp'][number]): object {
  const rest = { 'proxy-protocol': proxyProtocol, 'early-talker': earlyTalker }
  return { ...placeText(at), peer, trusted, ...(tls === null ? {} : { tls }), ...rest }
}

const placeText = (at: Config['listeners']['smtp'][number]['at']): object =>
  'path' in at ? { path: at.path, mode: `0${at.mode.toString(8).padStart(3, '0')}` } : at

function asWritten(value: unknown, found: JsonSchema | undefined, root: JsonSchema): unknown {
  const schema = found === undefined ? undefined : resolved(found, root)
  if (schema?.kind === 'duration') return formatDuration(Number(value))
  if (schema?.kind === 'size') return formatSize(Number(value))
  if (schema?.kind === 'secret') return secretText(value)
  if (schema?.kind === 'url') return withoutQuery(String(value))
  if (Array.isArray(value)) {
    const items = schema?.items ?? schema?.anyOf?.find(branch => branch.items !== undefined)?.items
    return value.map(item => asWritten(item, items, root))
  }
  if (!isMapping(value)) return value
  const values = typeof schema?.additionalProperties === 'object' ? schema.additionalProperties : undefined
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, asWritten(inner, schema?.properties?.[key] ?? values, root)]))
}

function secretText(secret: unknown): string {
  const { from, missing } = secret as { from: string; missing?: string }
  return missing === undefined ? `(from ${from})` : `(from ${from}, made on first start)`
}
