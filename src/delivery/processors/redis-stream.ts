/**
 * Hands mail over as entries of a Redis stream (docs/redis-stream.md): the event, and the raw message beside it. The entry and the
 * mark that it was added are one step, so that no attempt adds a second one. It must not wait for consumers, nor know of any.
 */
import type { Processor } from '../../transaction/ports.ts'
import { markedScript, markName } from './redis/marked-script.ts'
import { type Push, type PusherOptions, pusher } from './redis/pusher.ts'
import { type EntryOptions, entryFields } from './redis-stream/entry.ts'

export interface RedisStreamOptions extends PusherOptions, EntryOptions {
  /** The key of the stream. */
  readonly stream: string
  /** About how many entries the stream keeps: older ones are trimmed, read or not. 0: none is ever trimmed. */
  readonly maxLength: number
}

const script = markedScript(`
if ARGV[2] == '0' then
  pushed = redis.pcall('XADD', KEYS[2], '*', unpack(ARGV, 3))
else
  pushed = redis.pcall('XADD', KEYS[2], 'MAXLEN', '~', ARGV[2], '*', unpack(ARGV, 3))
end`)

/** Throws an Error that names what is wrong with the options. */
export function redisStream(options: RedisStreamOptions): Processor {
  const { stream, maxLength, raw } = options
  if (stream === '') throw new Error('a stream needs a name')
  for (const number of [maxLength, raw])
    if (!(Number.isInteger(number) && number >= 0)) throw new Error(`max-length and raw are whole numbers from 0, not ${number}`)
  const { content, attachments, larger } = options.event
  const push: Push = {
    script,
    content: content ? { inline: attachments, larger } : null,
    place: `in the stream ${stream}`,
    prepare: async call => ({
      keys: [markName(stream, call.delivery.processor, call.delivery.idempotencyId), stream],
      args: [maxLength, ...(await entryFields(call, options))],
    }),
  }
  return pusher(options, push)
}
