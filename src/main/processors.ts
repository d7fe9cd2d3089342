/** The processors of the configuration, by name, and the one that sends notices. */
import { readFile } from 'node:fs/promises'
import type { Config } from '../config/config.ts'
import { noticeProcessorName } from '../transaction/notice.ts'
import type { Log, Processor } from '../transaction/ports.ts'
import { openProcessor } from './open-processor.ts'

export interface Processors {
  readonly byName: ReadonlyMap<string, Processor>
  close(): Promise<void>
}

export async function openProcessors(config: Config, log: Log): Promise<Processors> {
  const byName = new Map<string, Processor>()
  if (config.notices !== undefined) byName.set(noticeProcessorName, await openNotices(config, config.notices, log))
  for (const [name, processor] of Object.entries(config.processors)) {
    byName.set(name, await openProcessor(processor, { name, hostname: config.hostname, log }))
  }
  return {
    byName,
    async close() {
      await Promise.all([...byName.values()].map(async processor => processor.close?.()))
    },
  }
}

async function openNotices({ hostname }: Config, notices: NonNullable<Config['notices']>, log: Log): Promise<Processor> {
  const { from, smtp, language, templates: directory } = notices
  const { noticeProcessor } = await import('../notice/processor.ts')
  const { loadTemplates } = await import('../notice/templates.ts')
  const { password, ca, ...relay } = smtp
  const templates = await loadTemplates({ language, ...(directory === undefined ? {} : { directory }) })
  const secrets = { password: password?.reveal(), ca: ca === undefined ? undefined : await readFile(ca, 'utf8') }
  return noticeProcessor({ hostname, from, smtp: { ...relay, ...secrets }, templates, log, clock: Date.now })
}
