/**
 * `postern messages`: list, show, retry, replay, release, discard, export. Only the command line stands here; what the commands do
 * is in messages/. Exit status 0, 1 where nothing fits or something failed, 64 for wrong usage.
 */
import { Command } from 'commander'
import type { Redelivery } from '../transaction/desk.ts'
import type { Commands } from './messages/commands.ts'
import type { MessagesDesk } from './messages/desk.ts'
import { exportMessages } from './messages/export.ts'
import { type FilterArguments, filterOf, limitOf, usage, withFilters } from './messages/filter.ts'
import { list } from './messages/list.ts'
import { checkOrder, redeliver } from './messages/redeliver.ts'
import { show } from './messages/show.ts'

const everything = Number.MAX_SAFE_INTEGER

const about: Readonly<Record<Redelivery, string>> = {
  retry: 'hand over again what has failed, and at once what waits for its next attempt',
  replay: 'hand over once more what was delivered or has failed, under the same idempotency id',
  release: 'hand over what is held or was discarded',
  discard: 'put aside what is queued, held or has failed; it can be released for retention.discarded',
}

interface RedeliverArguments extends FilterArguments {
  readonly all?: true
  readonly yes?: true
  readonly json?: true
}

interface ExportArguments extends FilterArguments {
  readonly directory: string
  readonly format: string
  readonly json?: true
}

/** `exit` is told the exit status where a command has one that is not 0. */
export function messagesCommand(commands: Commands, exit: (status: number) => void): Command {
  const messages = new Command('messages').exitOverride().description('look at mail and act on it, whether the server runs or not')
  const at = async (act: (desk: MessagesDesk) => Promise<number>): Promise<void> => {
    const desk = await commands.open()
    try {
      const status = await act(desk)
      if (status !== 0) exit(status)
    } finally {
      await desk.close()
    }
  }
  withFilters(messages.command('list').description('a row a delivery, newest first; 50 unless --limit says otherwise'))
    .option('--json', 'print { messages }')
    .action(async (args: FilterArguments & { json?: true }) => {
      const order = { filter: filterOf(args, commands.now()), limit: limitOf(args, 50), json: args.json === true }
      await at(desk => list(desk, order, commands))
    })
  messages
    .command('show')
    .description('one message: decisions, authentication, deliveries with their last attempt, what is in it')
    .argument('<id>')
    .option('--json', 'print { message, content }')
    .action((id: string, { json = false }: { json?: boolean }) => at(desk => show(desk, { id, json }, commands)))
  for (const how of Object.keys(about) as Redelivery[]) addRedeliver(messages, how, { commands, at })
  addExport(messages, { commands, at })
  return messages
}

interface Parts {
  readonly commands: Commands
  at(act: (desk: MessagesDesk) => Promise<number>): Promise<void>
}

function addRedeliver(messages: Command, how: Redelivery, { commands, at }: Parts): void {
  withFilters(messages.command(how).description(about[how]).argument('[id...]'))
    .option('--all', 'all of them, where no filter is given')
    .option('-y, --yes', 'without a question')
    .option('--json', 'print { looked, changed, stopped, problems }')
    .action(async (ids: string[], args: RedeliverArguments) => {
      const { all = false, yes = false, json = false } = args
      const order = { how, ids, filter: filterOf(args, commands.now()), limit: limitOf(args, everything), all, yes, json }
      checkOrder(order)
      await at(desk => redeliver(desk, order, commands))
    })
}

function addExport(messages: Command, { commands, at }: Parts): void {
  withFilters(messages.command('export').description('write raw messages, exactly as received, to files').argument('[id...]'))
    .requiredOption('--directory <path>', 'where to; it is made, and nothing in it is overwritten')
    .option('--format <format>', 'eml (a file a message) or mbox (one file, LF line ends)', 'eml')
    .option('--json', 'print { written, problems }')
    .action(async (ids: string[], args: ExportArguments) => {
      const { directory, format, json = false } = args
      const filter = filterOf(args, commands.now())
      if (format !== 'eml' && format !== 'mbox') throw usage(`--format: eml or mbox, not “${format}”`)
      if (ids.length > 0 && Object.keys(filter).length > 0) throw usage('Name messages by their ids, or by filters, not both.')
      const order = { ids, filter, limit: limitOf(args, everything), directory, format, json } as const
      await at(desk => exportMessages(desk, order, commands))
    })
}
