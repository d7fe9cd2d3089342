/** What finds out who sent a message: loaded, with its worker threads, where the configuration has it checked. */
import type { Config } from '../config/config.ts'
import type { Authenticator, Log } from '../transaction/ports.ts'

/** null where `authentication.check` is false. */
export async function openChecks({ hostname, authentication }: Config, log: Log): Promise<Authenticator | null> {
  const { check, workers, dns } = authentication
  if (!check) return null
  const { openAuthenticator } = await import('../authentication/open.ts')
  return openAuthenticator({ hostname, workers, dns, log, clock: Date.now })
}
