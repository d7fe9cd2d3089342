/** A process that accepts messages of mixed sizes until it is killed: one line `id sha256` for each that was committed. */
import { createHash, randomBytes } from 'node:crypto'
import { openSpool } from '../../../src/spool/sqlite/spool.ts'
import { delivery, message, write } from '../../contract/spool/messages.ts'
import { spoolOptions } from '../../contract/spool/place.ts'
import { writeLine } from '../../support/write-line.ts'

const spool = await openSpool(spoolOptions(process.argv[2]!))
const run = process.argv[3]!
const sizes = [40, 2_000, 16_500, 90_000, 400_000]
let serial = 0
async function loop(): Promise<never> {
  for (;;) {
    const n = serial++
    const body = randomBytes(sizes[n % sizes.length]!)
    const one = message({
      id: `${run}-${n}`,
      bodyStart: 0,
      deliveries: [delivery({ idempotency: { material: `${run}-${n}`, window: 1 } })],
    })
    const sink = spool.open()
    await write(sink, body, 30_011)
    await sink.commit(one)
    writeLine(`${one.id} ${createHash('sha256').update(body).digest('hex')}`)
  }
}
writeLine('ready')
await Promise.all(Array.from({ length: 12 }, loop))
