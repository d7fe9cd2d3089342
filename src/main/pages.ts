/** The HTTP listeners of the configuration: health, API and page over the spool. */
import type { Config } from '../config/config.ts'
import type { Runner } from '../delivery/runner.ts'
import type { Links } from '../lib/attachment-link.ts'
import { openHttp } from '../listeners/http/open.ts'
import type { HttpListener } from '../listeners/http/options.ts'
import type { Spool } from '../spool/sqlite/options.ts'
import type { Log } from '../transaction/ports.ts'
import type { Contents } from './contents.ts'
import type { Doors } from './doors.ts'
import type { Forget } from './forget.ts'
import { contentDoor, linkDoor } from './inside.ts'

export interface PageParts {
  readonly spool: Spool
  readonly runner: Runner
  /** The mail listeners; null until they are up. */
  readonly ports: { readonly doors: Doors | null }
  /** Names of the processors that there are now. */
  readonly processors: () => Iterable<string>
  readonly contents: Contents
  readonly links: Links | null
  readonly forget: (what: Forget) => number | null
  readonly version: string
  readonly log: Log
}

export async function openPages(
  config: Config,
  parts: PageParts,
): Promise<{ readonly addresses: readonly string[]; close(): Promise<void> }> {
  const { spool, runner, ports, processors, contents, links, forget, version, log } = parts
  const inside = { desk: spool, contents, hostname: config.hostname }
  const opened: HttpListener[] = []
  const close = async (): Promise<void> => {
    await Promise.all(opened.map(listener => listener.close()))
  }
  const readiness = () => {
    const status = spool.status()
    const checks = [
      { name: 'spool', ok: status.writable, detail: status.detail },
      { name: 'listeners', ok: ports.doors?.open === true, detail: ports.doors?.addresses.join(', ') ?? 'not open yet' },
    ]
    return { ready: checks.every(check => check.ok), checks }
  }
  const notify = (processor?: string) => {
    for (const name of processor === undefined ? processors() : [processor]) runner.notify(name)
  }
  try {
    for (const listener of config.listeners.http) {
      const { at, hosts, token } = listener
      opened.push(
        await openHttp({
          ...at,
          hosts,
          token: token?.reveal() ?? null,
          desk: spool,
          content: contentDoor(inside),
          delivery: runner,
          links: linkDoor(inside, links),
          readiness,
          notify,
          forget,
          version,
          log,
        }),
      )
    }
  } catch (error) {
    await close()
    throw error
  }
  return { addresses: opened.map(({ address, port }) => `http ${port === 0 ? address : `${address}:${port}`}`), close }
}
