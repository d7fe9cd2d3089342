/** The message as a processor hands it on: our trace fields, then what was received. Ends with the signal, even where the source hangs. */
import type { MessageSource } from '../../transaction/ports.ts'

export async function* octetsOf(message: MessageSource, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const { promise: cut, reject } = Promise.withResolvers<never>()
  cut.catch(() => {})
  const stop = (): void => reject(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  try {
    yield Buffer.from(message.traceFields())
    signal.throwIfAborted()
    const chunks = (await Promise.race([message.raw(), cut]))[Symbol.asyncIterator]()
    for (;;) {
      const { done, value } = await Promise.race([chunks.next(), cut])
      if (done === true) return
      yield value
    }
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
