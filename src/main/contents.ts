/** The reader of contents: opened at the start where a processor is given events, with the first message that a person looks at otherwise. */
import type { Config } from '../config/config.ts'
import type { ContentReader, ContentReaderOptions } from '../content/content-reader.ts'

export interface Contents extends ContentReader {
  /** Opens it now, in the background: the first mail must not wait for the threads. */
  warm(): void
}

export function contentsOnDemand(options: ContentReaderOptions): Contents {
  let opened: Promise<ContentReader> | null = null
  const open = async (): Promise<ContentReader> => (await import('../content/content-reader.ts')).openContentReader(options)
  const reader = (): Promise<ContentReader> => {
    // What can't be opened now is tried again with the next one.
    opened ??= open().catch((error: unknown) => {
      opened = null
      throw error
    })
    return opened
  }
  return {
    read: async (...about) => (await reader()).read(...about),
    attachment: async (...about) => (await reader()).attachment(...about),
    warm: () => void reader().catch(() => {}),
    async close() {
      await opened?.then(
        one => one.close(),
        () => {},
      )
    },
  }
}

/** Whether a processor is given the parsed view of messages. */
export const wantsContent = ({ processors }: Config): boolean =>
  Object.values(processors).some(
    one => ('redis-stream' in one && one['redis-stream'].event.content) || ('webhook' in one && one.webhook.body !== 'raw'),
  )
