/**
 * A message whose costly parts are read once a call: the event may be made twice (to count and sign it, and to send it), and a
 * bounce, the parsed view and a link are cheaper to keep than to make again. The raw octets are not kept.
 */
import type { ContentOptions, MessageSource } from '../../transaction/ports.ts'

/** For one set of content options: those of the first call hold. */
export function readOnce(message: MessageSource): MessageSource {
  const { bounce, content, link } = message
  const once = <Value>(make: () => Value): (() => Value) => {
    let made: { readonly value: Value } | null = null
    return () => {
      made ??= { value: make() }
      return made.value
    }
  }
  let parsed: Promise<Uint8Array> | null = null
  const parse = (options: ContentOptions): Promise<Uint8Array> => {
    parsed ??= content!.call(message, options)
    return parsed
  }
  return {
    traceFields: () => message.traceFields(),
    raw: () => message.raw(),
    ...(bounce === undefined ? {} : { bounce: once(() => bounce.call(message)) }),
    ...(content === undefined ? {} : { content: parse }),
    ...(link === undefined ? {} : { link: once(() => link.call(message)) }),
  }
}
