#!/usr/bin/env node
/**
 * The `postern` command. Each subcommand has a file in cli/; this one joins them and turns errors into exit statuses
 * (sysexits.h): 64 for wrong usage, 78 for a configuration that can't be used, 1 for everything else.
 */
import { Command, CommanderError } from 'commander'
import { exits, Failure } from './cli/failure.ts'
import { program } from './cli/program.ts'

const oldest = 24
const major = Number(process.versions.node.split('.')[0])

if (major < oldest) {
  process.stderr.write(
    `Postern needs Node ${oldest} or newer; this is ${process.version}. \`npm run postern -- …\` uses the one that came with the install.\n`,
  )
  process.exit(exits.usage)
}
try {
  await program(new Command('postern')).parseAsync()
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : exits.usage
  else {
    process.stderr.write(
      `${error instanceof Failure ? error.message : `postern: ${String(error instanceof Error ? error.stack : error)}`}\n`,
    )
    process.exitCode = error instanceof Failure ? error.exit : 1
  }
}
