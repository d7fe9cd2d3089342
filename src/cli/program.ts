/** The subcommands, joined, and what they share: the configuration file and the version. */
import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import type { Config } from '../config/config.ts'
import { ConfigError, loadConfig } from '../config/load.ts'
import { keyChecks } from '../main/key-checks.ts'
import { checkCommand } from './check.ts'
import { defaultConfig } from './default-config.ts'
import { exits, Failure } from './failure.ts'
import { keysCommand } from './keys.ts'
import { keysConfig } from './keys-config.ts'
import { openDesk } from './messages/open.ts'
import { confirm, listenForInterrupt } from './messages/terminal.ts'
import { messagesCommand } from './messages.ts'
import { pageOf } from './page.ts'
import { sendTestCommand } from './send-test.ts'
import { serveCommand } from './serve.ts'

export const version = (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }).version

export function program(root: Command): Command {
  root.description('Receives mail for applications: keys checked at RCPT, mail safe on disk before 250, handed over by push.')
  root.version(version, '-V, --version')
  root.option('-c, --config <file>', 'the configuration', defaultConfig)
  root.exitOverride().showHelpAfterError('(postern --help tells what there is)')
  const file = (): string => root.opts<{ config: string }>().config
  const load = (): Promise<Config> => loadOrFail(file())
  const print = (text: string): void => void process.stdout.write(`${text}\n`)
  for (const command of [
    serveCommand({ load, file, version }),
    checkCommand({ file, print }),
    keysCommand({ load: async () => keysConfig(await load()), page: async () => pageOf(await load()), print, now: Date.now }),
    messagesCommand({ ...atTerminal(), open: async () => openDesk(await load()), print, now: Date.now }, status => {
      process.exitCode = status
    }),
    sendTestCommand({ load, print }),
  ]) {
    // `postern messages list --config F` and `postern --config F messages list` mean the same, and every help tells of it.
    command.hook('preSubcommand', take)
    for (const one of [command, ...command.commands]) one.option('-c, --config <file>', 'the configuration').hook('preAction', take)
    // Nothing may end the process but cli.ts, which knows the exit statuses.
    root.addCommand(command.copyInheritedSettings(root))
  }
  function take(command: Command): void {
    const own = command.opts<{ config?: string }>().config
    if (own !== undefined) root.setOptionValue('config', own)
  }
  return root
}

const atTerminal = () => ({
  warn: (text: string): void => void process.stderr.write(`${text}\n`),
  terminal: process.stderr.isTTY === true,
  confirm,
  interrupted: listenForInterrupt(),
})

async function loadOrFail(file: string): Promise<Config> {
  try {
    return await loadConfig(file, process.env, keyChecks)
  } catch (error) {
    if (error instanceof ConfigError) throw new Failure(error.message, exits.configuration)
    throw error
  }
}
