/** A process that accepts messages and fails each with a notice to follow, until it is killed: a line for each that is settled. */
import { openSpool } from '../../../src/spool/sqlite/spool.ts'
import { accept, delivery, message, octets, start } from '../../contract/spool/messages.ts'
import { spoolOptions } from '../../contract/spool/place.ts'
import { writeLine } from '../../support/write-line.ts'

const spool = await openSpool(spoolOptions(process.argv[2]!))
const run = process.argv[3]!
const about = { recipient: 'incoming+abc@incoming.example.com', reason: 'application.failed' } as const
let serial = 0
async function loop(): Promise<never> {
  for (;;) {
    const id = `${run}-${serial++}`
    await accept(spool, message({ id, deliveries: [delivery({ idempotency: { material: id, window: 1 } })] }), octets(500))
    for (const one of await spool.claim('app', 3, start)) {
      const follow = delivery({ processor: 'notices', about, idempotency: { material: `n${one.message}`, alone: true, window: 1 } })
      await spool.settle(one.id, { state: 'failed', detail: 'no', follow })
      writeLine(`${one.message}`)
    }
  }
}
writeLine('ready')
await Promise.all(Array.from({ length: 8 }, loop))
