/** The message as an application gets it: our trace fields, then the octets as `MessageSource.raw` gives them. Changes nothing. */
import type { MessageSource } from '../../transaction/ports.ts'

/** Asks `message` when the first piece is wanted, and lets go of it at the end. */
export async function* wholeMessage(message: MessageSource): AsyncGenerator<Uint8Array> {
  yield Buffer.from(message.traceFields())
  yield* await message.raw()
}
