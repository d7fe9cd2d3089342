/**
 * `postern check`: validates the configuration and prints what it comes to, secrets left out. Exit status 0, or 78
 * (EX_CONFIG) with every problem. Changes nothing: secrets of a first start are not made here.
 */
import { Command } from 'commander'
import type { Config } from '../config/config.ts'
import { describe, describeYaml } from '../config/describe.ts'
import { ConfigError, loadConfig } from '../config/load.ts'
import { keyChecks } from '../main/key-checks.ts'
import { overlaps } from '../policy/recipient/overlap.ts'
import { compilePattern } from '../policy/recipient/pattern.ts'
import { exits, Failure } from './failure.ts'

export interface CheckDeps {
  /** The configuration file. */
  file(): string
  /** Prints to standard output, with a line feed. */
  print(text: string): void
}

export function checkCommand({ file, print }: CheckDeps): Command {
  return new Command('check')
    .description('validate the configuration and print the effective one, without secrets')
    .option('--json', 'print { ok, notes, problems, config }')
    .action(async ({ json = false }: { json?: boolean }) => {
      const config = await loadConfig(file(), process.env, keyChecks).catch((error: unknown) => {
        if (!(error instanceof ConfigError)) throw error
        if (json) print(JSON.stringify({ ok: false, notes: [], problems: error.problems, config: null }, null, 2))
        throw new Failure(error.message, exits.configuration)
      })
      const notes = [...overlapNotes(config), ...senderNotes(config)]
      if (json) return print(JSON.stringify({ ok: true, notes, problems: [], config: describe(config) }, null, 2))
      print([`# ${file()} is good. What it comes to:`, ...notes.map(note => `# Note: ${note}`), describeYaml(config).trimEnd()].join('\n'))
    })
}

/** Addresses that two mailboxes match, each with the mailbox that gets them. */
export function overlapNotes(config: Config): readonly string[] {
  const entries = config.mailboxes.flatMap(({ name, address }) => {
    const pattern = compilePattern(address)
    return 'problem' in pattern ? [] : [{ mailbox: name, pattern }]
  })
  return overlaps(entries).map(
    ({ winner, loser, example }) =>
      `mail for ${example} goes to mailbox ${winner.mailbox} (${winner.pattern.text}), which is more specific than mailbox ${loser.mailbox} (${loser.pattern.text})`,
  )
}

/** What a configuration without checks comes to, which no key of it says. */
export function senderNotes({ authentication }: Config): readonly string[] {
  if (authentication.check) return []
  return ['nothing is verified (authentication.check: false): nobody counts as authenticated, and keys that name senders open for nobody']
}
