/** The mail listeners of the configuration, opened together: one guard for all, so that a client is counted once. */
import type { Config } from '../config/config.ts'
import { type Listener, openListener } from '../listeners/smtp/listener.ts'
import { createGuard } from '../transaction/guard.ts'
import type { Site } from '../transaction/site.ts'

export interface Doors {
  readonly addresses: readonly string[]
  /** All listeners are up. */
  readonly open: boolean
  close(deadline: number): Promise<void>
}

export async function openDoors(config: Config, site: () => Site): Promise<Doors> {
  const { limits } = config
  const guard = createGuard(
    {
      connections: limits.connections,
      connectionsPerNetwork: limits['connections-per-network'],
      unknownRecipients: limits['unknown-recipients'],
      errors: limits.errors,
    },
    site().clock,
  )
  const opened: { readonly name: string; readonly listener: Listener }[] = []
  let open = true
  const close = async (deadline: number): Promise<void> => {
    open = false
    await Promise.all(opened.map(({ listener }) => listener.close(deadline)))
  }
  const start = async (name: 'smtp' | 'lmtp', listener: Config['listeners']['smtp'][number]): Promise<void> => {
    const { peer, at, trusted, lineEndings } = listener
    opened.push({
      name,
      listener: await openListener({
        site,
        guard,
        lmtp: name === 'lmtp',
        session: { listener: name, peer, replyPerRecipient: name === 'lmtp', normalizeLineEndings: lineEndings === 'normalize' },
        at,
        trusted,
        idleTime: limits['idle-time'],
        limits: { transactionTime: limits['transaction-time'], minimumRate: limits['minimum-rate'], rateGrace: limits['rate-grace'] },
      }),
    })
  }
  try {
    for (const listener of config.listeners.smtp) await start('smtp', listener)
    for (const listener of config.listeners.lmtp) await start('lmtp', listener)
  } catch (error) {
    await close(0)
    throw error
  }
  return {
    addresses: opened.map(({ name, listener }) => `${name} ${listener.address}`),
    get open() {
      return open
    },
    close,
  }
}
