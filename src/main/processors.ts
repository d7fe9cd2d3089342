/** The processors of the configuration, by name. What calls the outside is loaded where a configuration names it. */
import type { Config } from '../config/config.ts'
import { inbox } from '../delivery/processors/inbox.ts'
import type { Log, Processor } from '../transaction/ports.ts'

export interface Processors {
  readonly byName: ReadonlyMap<string, Processor>
  close(): Promise<void>
}

export async function openProcessors(config: Config, log: Log): Promise<Processors> {
  const byName = new Map<string, Processor>()
  for (const [name, processor] of Object.entries(config.processors)) {
    byName.set(name, 'webhook' in processor ? await openWebhook(name, processor, log) : inbox())
  }
  return {
    byName,
    async close() {
      for (const processor of byName.values()) await processor.close?.()
    },
  }
}

type WebhookConfig = Extract<Config['processors'][string], { readonly webhook: unknown }>

async function openWebhook(name: string, { webhook: options }: WebhookConfig, log: Log): Promise<Processor> {
  const { webhook } = await import('../delivery/processors/webhook.ts')
  return webhook({ name, ...options, secret: options.secret?.reveal(), log })
}
