/**
 * The server: configuration to parts, parts to listeners, and back again at the end. The only place, with main/, that names
 * concrete parts. What can fail for a reason of the operator's fails before a mail port is opened.
 */
import type { Config } from './config/config.ts'
import { startRunner } from './delivery/runner.ts'
import { traceFields } from './mail/received.ts'
import { type Doors, openDoors } from './main/doors.ts'
import { openPages } from './main/pages.ts'
import { openProcessors } from './main/processors.ts'
import { buildSite } from './main/site.ts'
import { createTrace } from './observe/trace.ts'
import { openSpool } from './spool/sqlite/spool.ts'
import type { Log } from './transaction/ports.ts'

export interface Running {
  /** Where each listener listens: "smtp 127.0.0.1:2525". */
  readonly addresses: readonly string[]
  /** No new connections; transactions and deliveries under way may end within `deadline` milliseconds in all. */
  stop(deadline: number): Promise<void>
}

export async function startServer(config: Config, { log, version }: { readonly log: Log; readonly version: string }): Promise<Running> {
  // Closed last in, first out: the doors first, so that the page can tell of the draining; the spool at the very end.
  await using parts = new AsyncDisposableStack()
  let end = 0
  const left = (): number => Math.max(0, end - performance.now())
  const clock = Date.now
  const spool = await openSpool({
    directory: config.spool.sqlite.directory,
    minimumFree: config.spool.sqlite['minimum-free'],
    retention: config.retention,
    clock,
    log,
  })
  parts.defer(() => spool.close())
  const processors = openProcessors(config, log)
  parts.defer(processors.close)
  const trace = createTrace({ store: spool, log, clock, flushEvery: 250, floodThreshold: 20 })
  parts.defer(() => trace.close())
  const runner = startRunner({
    spool,
    processors: processors.byName,
    schedule: config.delivery.retry,
    clock,
    random: Math.random,
    log,
    traceFields: delivery => traceFields({ ...delivery, hostname: config.hostname, id: delivery.message }),
  })
  parts.defer(() => runner.stop(left()))
  const site = await buildSite(config, { spool, trace, clock, log, notify: processor => runner.notify(processor) })
  parts.defer(site.close)
  const ports: { doors: Doors | null } = { doors: null }
  const pages = await openPages(config, { spool, runner, ports, processors: processors.byName, version, log })
  parts.defer(pages.close)
  const doors = await openDoors(config, () => site)
  parts.defer(() => doors.close(left()))
  ports.doors = doors

  const running = parts.move()
  return {
    addresses: [...doors.addresses, ...pages.addresses],
    async stop(within) {
      end = performance.now() + within
      await running.disposeAsync()
    },
  }
}
