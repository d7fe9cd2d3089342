/**
 * `postern keys`: mint, inspect, rotate. Only the command line stands here; what the commands do is in keys/.
 * A failure prints one sentence on standard error and ends in a CommanderError with its exit status (1, 64 or 78), which
 * the caller turns into the process's.
 */
import { Command, CommanderError } from 'commander'
import type { KeysConfig, KeysDeps } from './keys/config.ts'
import { type InspectArguments, inspectCommand } from './keys/inspect.ts'
import { type MintArguments, mintCommand } from './keys/mint.ts'
import { type RotateArguments, rotateCommand } from './keys/rotate.ts'

export interface KeysCommandDeps {
  /** The configuration, with its secrets read. Its own errors pass through. */
  load(): Promise<KeysConfig>
  /** Prints to standard output, with a line feed. */
  print(text: string): void
  now(): number
}

export function keysCommand(given: KeysCommandDeps): Command {
  const keys = exiting(new Command('keys')).description('make and look at signed keys')
  const deps: KeysDeps = { ...given, warn: text => keys.configureOutput().writeErr?.(`${text}\n`) }
  const add = (name: string): Command => {
    const command = exiting(new Command(name))
    keys.addCommand(command)
    return command
  }

  add('mint')
    .description('print an address with a fresh key')
    .requiredOption('--mailbox <name>', 'the mailbox it belongs to')
    .requiredOption('--route <name>', 'the route it belongs to')
    .requiredOption('--subject <text>', 'what the key stands for: the application’s own id, 1 to 32 octets')
    .option('--expires <when>', 'a duration (30d) or a time (2027-01-01T00:00:00Z); without it the key never expires')
    .option('--sender <address>', 'the one address that may use the key (reserved, not yet checked)')
    .option('--json', 'print { address, key, expires }')
    .action((args: MintArguments) => told(deps, mintCommand(deps, args)))
  add('inspect')
    .description('show what a key says and whether it is good (exit status 0) or not (1)')
    .argument('<key-or-address>')
    .option('--mailbox <name>', 'only as a key of this mailbox …')
    .option('--route <name>', '… and this route')
    .option('--json', 'print an object')
    .action((text: string, args: InspectArguments) => told(deps, inspectCommand(deps, text, args)))
  add('rotate')
    .description('write a new secret file and say how to bring it into use')
    .requiredOption('--mailbox <name>', 'the mailbox')
    .requiredOption('--route <name>', 'the route')
    .option('--json', 'print { id, file, line }')
    .action((args: RotateArguments) => told(deps, rotateCommand(deps, args)))
  return keys
}

/** Says on standard error what went wrong; a key that is not good has been printed already. */
async function told(deps: KeysDeps, command: Promise<void>): Promise<void> {
  try {
    await command
  } catch (error) {
    if (error instanceof CommanderError && error.message !== '') deps.warn(error.message)
    throw error
  }
}

/** Commander would end the process, and with status 1 where the command line is wrong. */
function exiting(command: Command): Command {
  return command.exitOverride(error => {
    throw error.exitCode === 1 ? new CommanderError(64, error.code, error.message) : error
  })
}
