/** The message as an application gets it: our trace fields, then the octets as `MessageSource.raw` gives them. Changes nothing. */
import type { MessageSource } from '../../transaction/ports.ts'

/**
 * Asks `message` when the first piece is wanted, and lets go of it at the end. With a signal it rejects with the signal's reason when
 * that fires, even where the source hangs.
 */
export async function* wholeMessage(message: MessageSource, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  yield Buffer.from(message.traceFields())
  if (signal === undefined) yield* await message.raw()
  else yield* untilAborted(message, signal)
}

async function* untilAborted(message: MessageSource, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  signal.throwIfAborted()
  const { promise: cut, reject } = Promise.withResolvers<never>()
  cut.catch(() => {})
  const stop = (): void => reject(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  let chunks: AsyncIterator<Uint8Array> | null = null
  try {
    chunks = (await Promise.race([message.raw(), cut]))[Symbol.asyncIterator]()
    for (;;) {
      const { done, value } = await Promise.race([chunks.next(), cut])
      if (done === true) return
      yield value
    }
  } finally {
    signal.removeEventListener('abort', stop)
    // It may have a file open. Not waited for: one that hangs lets go of it when it goes on.
    chunks?.return?.().catch(() => {})
  }
}
