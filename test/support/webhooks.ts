/** Webhooks against a scripted application, closed after each test. For the tests of the webhook alone. */
import { afterEach } from 'vitest'
import { type WebhookOptions, webhook } from '../../src/delivery/processors/webhook.ts'
import type { Processor } from '../../src/transaction/ports.ts'
import { keptLog } from './quiet-log.ts'
import { type Application, type Script, startApplication } from './scripted-application.ts'

export const webhookOptions = (url: string, some: Partial<WebhookOptions> = {}): WebhookOptions => ({
  name: 'app',
  url,
  timeout: 10_000,
  concurrency: 4,
  log: keptLog(),
  ...some,
})

export interface Webhooks {
  open(script: Script, some?: Partial<WebhookOptions>): Promise<{ application: Application; processor: Processor }>
  /** Closed after the test. */
  closing(close: () => unknown): void
}

export function webhooks(): Webhooks {
  const opened: (() => unknown)[] = []
  afterEach(async () => {
    for (const close of opened.splice(0).reverse()) await close()
  })
  return {
    async open(script, some = {}) {
      const application = await startApplication(script)
      opened.push(() => application.close())
      const processor = webhook(webhookOptions(application.url, some))
      opened.push(() => processor.close?.())
      return { application, processor }
    },
    closing: close => void opened.push(close),
  }
}
