/** A message whose parsed view is there before its processor is called. */
import type { ContentOptions, MessageSource } from '../transaction/ports.ts'

/**
 * Resolves when the view is there, and at once where none is wanted, where it can't be had (then the processor asks itself, and is told
 * why), or when `signal` fires. Bounded by the budgets of the reader of contents, not here.
 */
export async function withContent(message: MessageSource, wanted: ContentOptions | null, signal: AbortSignal): Promise<MessageSource> {
  const { content } = message
  if (wanted === null || content === undefined) return message
  const made = await unlessAborted(content.call(message, wanted), signal)
  if (made === null) return message
  const same = ({ inline, larger }: ContentOptions): boolean => inline === wanted.inline && larger === wanted.larger
  return { ...message, content: options => (same(options) ? Promise.resolve(made) : content.call(message, options)) }
}

/** null: it was aborted first, or rejects. */
async function unlessAborted(work: Promise<Uint8Array>, signal: AbortSignal): Promise<Uint8Array | null> {
  const { promise: aborted, resolve } = Promise.withResolvers<null>()
  const stop = (): void => resolve(null)
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  try {
    return await Promise.race([work.catch(() => null), aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
