/**
 * A consumer of Postern's Redis stream, in TypeScript with ioredis: `node consumer.ts`. Each message is worked on by one consumer of
 * the group; what a dead one left is taken over; an id that was applied is never applied again; an entry is acknowledged after that.
 */
import { Redis } from 'ioredis'

const { REDIS_URL = 'redis://127.0.0.1:6379/0', STREAM = 'postern:mail', GROUP = 'app', CONSUMER = `app-${process.pid}` } = process.env
/** An entry that its consumer has had for so long is taken over. Longer than your work ever takes. */
const idle = Number(process.env.IDLE_MS ?? 60_000)

const redis = new Redis(REDIS_URL)
redis.on('error', error => process.stderr.write(`${error.message}\n`))
let stopping = false
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => (stopping = true))

type Entry = readonly [id: Buffer, fields: Buffer[] | null]

/** From the first entry of the stream, so that none is missed that came before the first consumer. */
async function makeGroup(): Promise<void> {
  await redis.xgroup('CREATE', STREAM, GROUP, '0', 'MKSTREAM').catch((error: Error) => {
    if (!error.message.startsWith('BUSYGROUP')) throw error
  })
}

/** What a dead consumer left, else what nobody has read yet. One at a time: what is read and waits would look abandoned. */
async function next(): Promise<Entry | undefined> {
  const [, [left]] = (await redis.callBuffer('XAUTOCLAIM', STREAM, GROUP, CONSUMER, idle, '0', 'COUNT', 1)) as [Buffer, Entry[]]
  if (left) return left
  const read = await redis.xreadgroupBuffer('GROUP', GROUP, CONSUMER, 'COUNT', 1, 'BLOCK', 1000, 'STREAMS', STREAM, '>')
  return (read as unknown as [[Buffer, Entry[]]] | null)?.[0][1][0]
}

async function handle([entry, flat]: Entry): Promise<void> {
  // null: trimmed from the stream before anybody worked on it.
  const fields = new Map(flat?.flatMap((name, at) => (at % 2 === 0 ? [[name.toString(), flat[at + 1]!] as const] : [])))
  const [id, event] = [fields.get('id'), fields.get('event')]
  if (id && event) await applyOnce(id.toString(), JSON.parse(event.toString()), fields.get('raw') ?? null)
  await redis.xack(STREAM, GROUP, entry)
}

/** `raw`: the message as received; null where it was too large for the stream: fetch it from the field `url`, or by the API. */
async function applyOnce(id: string, event: { data: { subject: string } }, raw: Buffer | null): Promise<void> {
  await redis.rpush('app:started', id)
  await new Promise(resolve => setTimeout(resolve, Number(process.env.WORK_MS ?? 0))) // your work
  // The result and the id in one transaction: what was applied is known to be applied, whenever this process dies.
  await redis.watch(`app:mail:${id}`)
  if ((await redis.exists(`app:mail:${id}`)) === 1) return void (await redis.unwatch())
  const result = JSON.stringify({ subject: event.data.subject, octets: raw?.length ?? null })
  await redis.multi().set(`app:mail:${id}`, result).incr('app:applied').exec()
}

while (!stopping) {
  try {
    await makeGroup()
    for (let entry = await next(); !stopping; entry = await next()) if (entry) await handle(entry)
  } catch (error) {
    process.stderr.write(`${error}\n`)
    await new Promise(resolve => setTimeout(resolve, 1000))
  }
}
redis.disconnect()
