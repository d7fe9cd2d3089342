/**
 * `postern keys`: mint, inspect, rotate, forget. Only the command line stands here; what the commands do is in keys/.
 * A wrong command line ends in a CommanderError, everything else that goes wrong in a Failure; the caller prints and exits.
 */
import { Command } from 'commander'
import type { KeysConfig, KeysDeps } from './keys/config.ts'
import { type ForgetArguments, forgetCommand } from './keys/forget.ts'
import { type InspectArguments, inspectCommand } from './keys/inspect.ts'
import { type MintArguments, mintCommand } from './keys/mint.ts'
import { type RotateArguments, rotateCommand } from './keys/rotate.ts'
import type { Page } from './page.ts'

export interface KeysCommandDeps {
  /** The configuration, with its secrets read. Its own errors pass through. */
  load(): Promise<KeysConfig>
  /** Where the running server is; null where the configuration has no HTTP listener on TCP. */
  page(): Promise<Page | null>
  /** Prints to standard output, with a line feed. */
  print(text: string): void
  now(): number
}

export function keysCommand(given: KeysCommandDeps): Command {
  const keys = new Command('keys').exitOverride().description('make and look at signed keys; forget what is remembered of keys')
  const deps: KeysDeps = { ...given, warn: text => keys.configureOutput().writeErr?.(`${text}\n`) }

  keys
    .command('mint')
    .description('print an address with a fresh key')
    .requiredOption('--mailbox <name>', 'the mailbox it belongs to')
    .requiredOption('--route <name>', 'the route it belongs to')
    .requiredOption('--subject <text>', 'what the key stands for: the application’s own id, 1 to 32 octets')
    .option('--expires <when>', 'a duration (30d) or a time (2027-01-01T00:00:00Z); without it the key never expires')
    .option('--sender <address>', 'the one address that may use the key: From must be it, and authenticated')
    .option('--json', 'print { address, key, expires }')
    .action((args: MintArguments) => mintCommand(deps, args))
  keys
    .command('inspect')
    .description('show what a key says and whether it is good (exit status 0) or not (1)')
    .argument('<key-or-address>')
    .option('--mailbox <name>', 'only as a key of this mailbox …')
    .option('--route <name>', '… and this route')
    .option('--sender <address>', 'also whether this sender may use it')
    .option('--json', 'print an object')
    .action((text: string, args: InspectArguments) => inspectCommand(deps, text, args))
  keys
    .command('rotate')
    .description('write a new secret file and say how to bring it into use')
    .requiredOption('--mailbox <name>', 'the mailbox')
    .requiredOption('--route <name>', 'the route')
    .option('--json', 'print { id, file, line }')
    .action((args: RotateArguments) => rotateCommand(deps, args))
  keys
    .command('forget')
    .description('make the running server drop what it remembers of keys (cached)')
    .option('--mailbox <name>', 'only of this mailbox …')
    .option('--route <name>', '… and this route')
    .option('--key <key>', 'only of this key')
    .option('--json', 'print { forgotten }')
    .action((args: ForgetArguments) => forgetCommand(given, args))
  return keys
}
