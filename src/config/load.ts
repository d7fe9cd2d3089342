/**
 * From a file to a frozen Config, or to a ConfigError that names every problem at once: YAML, schema, secrets, and what must
 * agree across keys. Changes nothing, opens nothing.
 */
import { readFile } from 'node:fs/promises'
import { checkAuthentication } from './check-authentication.ts'
import { checkKeys, type KeyChecks } from './check-keys.ts'
import { checkListeners } from './check-listeners.ts'
import { checkMailboxes } from './check-mailboxes.ts'
import { checkNotices } from './check-notices.ts'
import { checkProcessors } from './check-processors.ts'
import { checkTimes } from './check-times.ts'
import { type Config, settle } from './config.ts'
import { findingsOf } from './issues.ts'
import { ConfigError, type Finding, formatPath, type Problem } from './problem.ts'
import type { Part } from './raw.ts'
import { isMapping } from './raw.ts'
import { codeOf, type Environment, reasonOf, secretReader } from './read-secret.ts'
import { readYaml } from './read-yaml.ts'
import { configSchema, type Parsed } from './schema.ts'
import type { ReadSecret } from './secret.ts'

export { ConfigError }

/**
 * Rejects with ConfigError, and with nothing else. `env` is where `{ env: … }` secrets are looked up, `checks` what
 * the key verifiers know (main/key-checks.ts). Secrets with `create: true` may be missing: createFirstStart makes them.
 */
export async function loadConfig(file: string, env: Environment = process.env, checks: KeyChecks = noChecks): Promise<Config> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new ConfigError([unreadable(file, reasonOf(codeOf(error)))])
  })
  return parseConfig(text, file, { read: secretReader(env), checks })
}

/** For whoever asks for no verifier: what is told is less, not wrong. */
const noChecks: KeyChecks = { redisUrl: passes, redisName: passes, sqlUrl: passes, query: passes, pattern: passes }

function passes(): null {
  return null
}

/** What a configuration needs from outside. */
export interface Outside {
  readonly read: ReadSecret
  readonly checks?: KeyChecks
}

const unreadable = (file: string, message: string): Problem => ({ file, path: '', line: 0, column: 0, message })

const mostCharacters = 1024 * 1024
/** More are counted, not told: each is looked for in the whole file. */
const mostProblems = 100

/** As loadConfig, from a text; `file` names it in problems. Throws ConfigError, and nothing else. */
export function parseConfig(text: string, file: string, { read, checks = noChecks }: Outside): Config {
  if (text.length > mostCharacters) throw new ConfigError([unreadable(file, 'is larger than 1 MiB')])
  const yaml = readYaml(text.replace(/^\ufeff/, ''))
  const problems: Problem[] = yaml.problems.map(problem => placed(file, problem, problem))
  const root: Part = { path: [], value: yaml.value }
  if (yaml.value === undefined) throw new ConfigError(problems)
  if (isDeeper(yaml.value, deepest)) throw new ConfigError([...problems, unreadable(file, 'is nested too deeply')])
  const parsed = configSchema(read).safeParse(yaml.value)
  const findings = [
    ...(parsed.success ? [] : findingsOf(parsed.error.issues, yaml.value)),
    ...(isMapping(yaml.value) ? crossChecks(root, checks) : []),
  ]
  const all = distinct(findings)
  for (const finding of all.slice(0, mostProblems)) problems.push(placed(file, finding, yaml.locate(finding.path, finding.at)))
  if (all.length > mostProblems) problems.push(unreadable(file, `has ${all.length} problems; ${mostProblems} of them follow`))
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems)
  return settle(parsed.data as Parsed)
}

/** What must agree across keys. */
function crossChecks(root: Part, checks: KeyChecks): readonly Finding[] {
  const keyless = [checkListeners, checkMailboxes, checkAuthentication, checkNotices, checkTimes]
  return [...keyless.flatMap(check => check(root)), ...checkKeys(root, checks), ...checkProcessors(root, checks.redisUrl)]
}

/** Mappings and lists in each other: well over what can be meant, well under what the stack bears. */
const deepest = 64

/** Ends for an alias that holds itself, too. */
const isDeeper = (value: unknown, levels: number): boolean =>
  typeof value === 'object' && value !== null && (levels === 0 || Object.values(value).some(inner => isDeeper(inner, levels - 1)))

/** Schema and checks may both miss the same thing. */
function distinct(findings: readonly Finding[]): readonly Finding[] {
  return [...new Map(findings.map(finding => [`${formatPath(finding.path)} ${finding.message}`, finding])).values()]
}

function placed(file: string, { path, message, found, allowed }: Finding, { line, column }: { line: number; column: number }): Problem {
  return {
    file,
    path: formatPath(path),
    line,
    column,
    message,
    ...(found === undefined ? {} : { found }),
    ...(allowed === undefined ? {} : { allowed }),
  }
}
