/**
 * `postern serve`: loads, makes what a first start needs, opens everything, and waits for a signal. The first SIGTERM or
 * SIGINT drains, the second ends at once.
 */
import { Command } from 'commander'
import type { Config } from '../config/config.ts'
import { createFirstStart } from '../config/first-start.ts'
import { type Running, startServer } from '../main.ts'
import { createLog, type OpenLog } from '../observe/log.ts'
import { defaultConfig } from './default-config.ts'
import { signedPlaces } from './keys/config.ts'
import { mint } from './keys/mint.ts'
import { keysConfig } from './keys-config.ts'

export interface ServeDeps {
  load(): Promise<Config>
  file(): string
  readonly version: string
}

/** How long transactions and deliveries under way may take to end. */
const drainTime = 30_000

export function serveCommand(deps: ServeDeps): Command {
  return new Command('serve').description('run the server').action(() => serve(deps))
}

async function serve({ load, file, version }: ServeDeps): Promise<void> {
  // What the configuration says by then may not be what the start has read of it.
  let early = false
  let hangUp = (): void => {
    early = true
  }
  process.on('SIGHUP', () => hangUp())
  const config = await load()
  const opened = createLog({ level: config.log.level })
  const { log, flush } = opened
  const stopped = stopOnSignal(opened)
  try {
    for (const made of await createFirstStart(config)) log.info({ file: made }, 'made a secret for the first start')
    const running = await startServer(config, { log, version })
    log.info({ version, node: process.version, config: file(), listeners: running.addresses }, 'ready')
    if (process.stdout.isTTY) welcome(config, file())
    hangUp = reloader(running, { load, log })
    if (early) hangUp()
    await stopped(running)
  } catch (error) {
    log.fatal({ err: error }, 'Postern cannot start')
    flush()
    process.exit(1)
  }
}

/** SIGHUP: one reload after the other; signals that come meanwhile make one more. A bad configuration leaves all as it was. */
function reloader(running: Running, { load, log }: Pick<ServeDeps, 'load'> & Pick<OpenLog, 'log'>): () => void {
  let wanted = 0
  async function once(): Promise<void> {
    try {
      const config = await load()
      for (const made of await createFirstStart(config)) log.info({ file: made }, 'made a secret for a new route')
      const restart = await running.reload(config)
      log.info({}, 'reloaded: mailboxes, routes, keys, processors and limits are those of the configuration now')
      if (restart.length > 0) log.warn({ sections: restart }, 'these sections have changed too, and wait for a restart')
    } catch (error) {
      log.error({ problem: error instanceof Error ? error.message : String(error) }, 'not reloaded: everything stays as it was')
    }
  }
  return () => {
    wanted++
    if (wanted > 1) return
    void (async () => {
      while (wanted > 0) {
        wanted = 1
        await once()
        wanted--
      }
    })()
  }
}

/** The first SIGTERM or SIGINT drains, once there is something to drain; the second ends at once. */
function stopOnSignal({ log, flush }: OpenLog): (running: Running) => Promise<void> {
  const first = Promise.withResolvers<void>()
  let stopping = false
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stopping) {
      log.warn({ signal }, 'ending at once')
      flush()
      process.exit(1)
    }
    stopping = true
    log.info({ signal }, 'draining: no new connections, transactions under way may end')
    first.resolve()
  }
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal)
  return async running => {
    await first.promise
    try {
      await running.stop(drainTime)
      log.info({}, 'stopped')
    } catch (error) {
      log.error({ err: error }, 'not everything could be stopped')
      process.exitCode = 1
    }
    flush()
    process.exit()
  }
}

/** For the person who has just started it: an address that works, and a way to try it. */
function welcome(config: Config, file: string): void {
  const place = signedPlaces(keysConfig(config)).find(({ mailbox }) => mailbox.address.includes('%{key}'))
  if (place === undefined) return
  const { mailbox, route } = place
  const { address } = mint(place, { mailbox: mailbox.name, route: route.name, subject: 'welcome', expires: '1d' }, Date.now())
  const same = file === defaultConfig ? '' : ` --config '${file}'`
  process.stdout.write(
    `\n  An address that works for a day:\n\n    ${address}\n\n  Send a message to it and see it arrive:\n\n    npm run -s postern -- send-test --to '${address}'${same}\n\n`,
  )
}
