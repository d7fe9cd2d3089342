/** The processors of the configuration, by name. */
import type { Config } from '../config/config.ts'
import { inbox } from '../delivery/processors/inbox.ts'
import { webhook } from '../delivery/processors/webhook.ts'
import type { Log, Processor } from '../transaction/ports.ts'

export function openProcessors(config: Config, log: Log): { readonly byName: ReadonlyMap<string, Processor>; close(): Promise<void> } {
  const byName = new Map<string, Processor>()
  for (const [name, processor] of Object.entries(config.processors)) {
    byName.set(
      name,
      'webhook' in processor ? webhook({ name, ...processor.webhook, secret: processor.webhook.secret?.reveal(), log }) : inbox(),
    )
  }
  return {
    byName,
    async close() {
      for (const processor of byName.values()) await processor.close?.()
    },
  }
}
