/**
 * The server: configuration to parts, parts to listeners, and back again at the end. The only place, with main/, that names
 * concrete parts. What can fail for a reason of the operator's fails before a mail port is opened.
 */
import type { Config } from './config/config.ts'
import { restartNeeded } from './config/restart-needed.ts'
import { startRunner } from './delivery/runner.ts'
import { bouncesOnDemand } from './main/bounces.ts'
import { openChecks } from './main/checks.ts'
import { contentsOnDemand, wantsContent } from './main/contents.ts'
import { type Doors, openDoors } from './main/doors.ts'
import { forget } from './main/forget.ts'
import { fieldsOf, noticeAfter, refined } from './main/hand-over.ts'
import { openLinks } from './main/links.ts'
import { openPages } from './main/pages.ts'
import { openProcessors } from './main/processors.ts'
import { buildSite, governors, postmasterBudget, type SiteParts } from './main/site.ts'
import { createSites } from './main/sites.ts'
import { createTrace } from './observe/trace.ts'
import { openSpool } from './spool/sqlite/spool.ts'
import type { Log } from './transaction/ports.ts'

export interface Running {
  /** Where each listener listens: "smtp 127.0.0.1:2525". */
  readonly addresses: readonly string[]
  /**
   * Takes mailboxes, routes, keys, processors and limits from `next`. Resolves to the sections that differ and wait for a
   * restart. Rejects, with nothing changed, where a key file or the like can't be used, and once `stop` was called: what is
   * under way then must not lose its processors.
   */
  reload(next: Config): Promise<readonly string[]>
  /** No new connections; transactions and deliveries under way may end within `deadline` milliseconds in all. */
  stop(deadline: number): Promise<void>
}

const minute = 60_000

/** What a reload takes from the new configuration, in the frame of the old one. */
const reloadable = (config: Config, { mailboxes, processors, postmaster, screening, limits, delivery }: Config): Config => ({
  ...config,
  mailboxes,
  processors,
  postmaster,
  screening,
  limits,
  delivery: { ...config.delivery, handoff: delivery.handoff, inline: delivery.inline },
})

export async function startServer(config: Config, { log, version }: { readonly log: Log; readonly version: string }): Promise<Running> {
  // Closed last in, first out: the doors first, so that the page can tell of the draining; the spool at the very end.
  await using parts = new AsyncDisposableStack()
  let stopping = false
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
  let processors = await openProcessors(config, log)
  parts.defer(() => processors.close())
  let current = config
  const bounces = bouncesOnDemand(log)
  parts.defer(() => bounces.close())
  const links = await openLinks(config)
  const contents = contentsOnDemand({ ...config.content, links, log })
  parts.defer(() => contents.close())
  if (wantsContent(config)) contents.warm()
  const authenticator = await openChecks(config, log)
  parts.defer(() => authenticator?.close())
  const trace = createTrace({ store: spool, log, clock, flushEvery: 250, floodThreshold: 20 })
  parts.defer(() => trace.close())
  const runner = startRunner({
    spool,
    processors: processors.byName,
    schedule: config.delivery.retry,
    pause: config.delivery.pause,
    clock,
    random: Math.random,
    log,
    traceFields: fieldsOf(config.hostname),
    refine: refined({ config: () => current, bounces, contents, links }),
    ...(config.notices === undefined ? {} : { follow: noticeAfter(config.notices) }),
  })
  parts.defer(() => runner.stop(left()))
  const siteParts: SiteParts = {
    spool,
    trace,
    clock,
    log,
    notify: processor => runner.notify(processor),
    handoff: runner.handoff,
    postmasterBudget: postmasterBudget(),
    governorOf: governors(),
    authenticator,
  }
  const sites = createSites(await buildSite(config, siteParts))
  parts.defer(sites.close)
  const ports: { doors: Doors | null } = { doors: null }
  const pages = await openPages(config, {
    spool,
    runner,
    ports,
    processors: () => processors.byName.keys(),
    contents,
    links,
    forget: what => forget(sites.current(), what),
    version,
    log,
  })
  parts.defer(pages.close)
  const doors = await openDoors(config, sites.current)
  parts.defer(() => doors.close(left()))
  ports.doors = doors

  async function reload(next: Config): Promise<readonly string[]> {
    const changed = reloadable(config, next)
    await using undo = new AsyncDisposableStack()
    const site = await buildSite(changed, siteParts)
    undo.defer(site.close)
    if (stopping) throw new Error('the server is stopping')
    const opened = await openProcessors(changed, log)
    undo.defer(opened.close)
    if (stopping) throw new Error('the server is stopping')
    undo.move()
    const before = processors
    processors = opened
    current = changed
    // A delivery may wait for its processor for as long as it takes; a transaction ends within its time.
    const failed = (error: unknown): void => log.error({ err: error }, 'a processor of the configuration before could not be closed')
    void runner.replace(opened.byName).then(before.close).catch(failed)
    sites.replace(site, changed.limits['transaction-time'] + minute)
    doors.adjust(changed.limits)
    return restartNeeded(config, next)
  }

  const running = parts.move()
  return {
    addresses: [...doors.addresses, ...pages.addresses],
    reload,
    async stop(within) {
      stopping = true
      end = performance.now() + within
      await running.disposeAsync()
    },
  }
}
