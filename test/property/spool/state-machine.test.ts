/**
 * Any sequence of accept, claim, settle, redeliver and restart keeps the deliveries of the spool in the state that a model of
 * five lines says, and the bodies equal to the octets.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Spool } from '../../../src/spool/sqlite/options.ts'
import { openSpool } from '../../../src/spool/sqlite/spool.ts'
import type { DeliveryState } from '../../../src/transaction/ports.ts'
import { collect, delivery, message, newDelivery, octets, start, write } from '../../contract/spool/messages.ts'
import { removeFolder, spoolOptions, temporaryFolder } from '../../contract/spool/place.ts'

type Act =
  | { kind: 'accept'; state: 'queued' | 'delivered' | 'held' | 'discarded'; size: number; chunk: number }
  | { kind: 'claim'; limit: number }
  | { kind: 'settle'; pick: number; state: 'delivered' | 'queued' | 'failed' }
  | { kind: 'redeliver'; pick: number; how: 'replay' | 'release' }
  | { kind: 'restart' }

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('accept' as const),
      state: fc.constantFrom('queued', 'delivered', 'held', 'discarded'),
      size: fc.oneof(fc.nat(300), fc.integer({ min: 16_300, max: 16_500 }), fc.integer({ min: 262_000, max: 262_300 }), fc.nat(900_000)),
      chunk: fc.integer({ min: 97, max: 300_000 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('claim' as const), limit: fc.integer({ min: 1, max: 3 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('settle' as const), pick: fc.nat(), state: fc.constantFrom('delivered', 'queued', 'failed') }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('redeliver' as const), pick: fc.nat(), how: fc.constantFrom('replay', 'release') }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
)

interface Model {
  readonly id: number
  readonly message: string
  readonly body: Buffer
  state: DeliveryState
}

const redelivered = { replay: ['delivered', 'failed'], release: ['held', 'discarded'] }

/** Does `it` to the spool and to the model; what the spool answers must be what the model says. */
async function step(spool: Spool, model: Model[], it: Act): Promise<void> {
  const picked = 'pick' in it && model.length > 0 ? model[it.pick % model.length] : undefined
  if (it.kind === 'accept') {
    const [one, body] = [message({ deliveries: [delivery({ state: it.state })] }), octets(it.size)]
    const sink = spool.open()
    await write(sink, body, it.chunk)
    model.push({ id: newDelivery(await sink.commit(one)), message: one.id, body, state: it.state })
  } else if (it.kind === 'claim') {
    const claimed = await spool.claim('app', it.limit, start + 10)
    expect(claimed).toHaveLength(Math.min(it.limit, model.filter(({ state }) => state === 'queued').length))
    for (const { id } of claimed) {
      const known = model.find(one => one.id === id)!
      expect(known.state).toBe('queued')
      known.state = 'delivering'
    }
  } else if (it.kind === 'settle' && picked !== undefined) {
    await spool.settle(picked.id, { state: it.state, due: start, detail: it.state })
    if (picked.state === 'delivering') picked.state = it.state
  } else if (it.kind === 'redeliver' && picked !== undefined) {
    const changes = redelivered[it.how].includes(picked.state)
    expect(await spool.redeliver(picked.message, it.how)).toBe(changes ? 1 : 0)
    if (changes) picked.state = 'queued'
  }
}

describe('the spool', () => {
  it('keeps states legal and bodies equal', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 25 }), async acts => {
        const directory = await temporaryFolder()
        let spool = await openSpool(spoolOptions(directory))
        const model: Model[] = []
        try {
          for (const it of [...acts, { kind: 'restart' } as const]) {
            await step(spool, model, it)
            if (it.kind !== 'restart') continue
            await spool.close()
            spool = await openSpool(spoolOptions(directory))
            for (const one of model) if (one.state === 'delivering') one.state = 'queued'
          }
          const counts = { queued: 0, delivering: 0, delivered: 0, held: 0, discarded: 0, failed: 0 }
          for (const one of model) {
            counts[one.state]++
            expect((await spool.view(one.message))?.deliveries[0]?.state).toBe(one.state)
            expect((await collect(await spool.raw(one.message))).equals(one.body)).toBe(true)
          }
          expect(await spool.counts()).toEqual(counts)
          expect(spool.status().used).toBe(model.reduce((sum, { body }) => sum + body.length, 0))
        } finally {
          await spool.close()
          await removeFolder(directory)
        }
      }),
      { numRuns: 30 },
    )
  })
})
