/**
 * Any sequence of commit, claim, take, settle, re-send, redeliver and crash leaves the deliveries of the embedded spool as the
 * queue in memory, the model, has them: same states, same answers, claims in the same order.
 */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Redelivery } from '../../../src/transaction/desk.ts'
import type { NewDelivery, Settlement } from '../../../src/transaction/ports.ts'
import { start } from '../../contract/spool/messages.ts'
import type { QueuePlace } from '../../contract/spool/queue.ts'
import { memoryPlace, sqlitePlace } from '../../contract/spool/queue-places.ts'

type Act =
  | { kind: 'add'; state: NewDelivery['state']; due: number; processor: string }
  | { kind: 'claim'; processor: string; limit: number; later: number }
  | { kind: 'take'; pick: number }
  | { kind: 'resend'; pick: number }
  | { kind: 'settle'; pick: number; settlement: Settlement }
  | { kind: 'redeliver'; pick: number; how: Redelivery }
  | { kind: 'crash' }

const processor = fc.constantFrom('app', 'app', 'archive')
const due = fc.integer({ min: 0, max: 20 }).map(after => start + after)
/** Mail is due since it came. What came while the clock was ahead is another matter (test/unit/spool/recovery.test.ts). */
const came = fc.integer({ min: 0, max: 20 }).map(before => start - before)
const detail = fc.constantFrom('one', 'two')
const settlement: fc.Arbitrary<Settlement> = fc.oneof(
  fc.record({ state: fc.constant('delivered' as const), detail }),
  fc.record({ state: fc.constant('queued' as const), due, detail }),
  fc.record({ state: fc.constant('held' as const), reason: fc.constant('application.held' as const), detail }),
  fc.record({
    state: fc.constant('discarded' as const),
    reason: fc.constantFrom('application.discarded' as const, 'application.refused' as const),
    detail,
  }),
  fc.record({ state: fc.constant('failed' as const), detail }),
  fc.record({ state: fc.constant('failed' as const), reason: fc.constant('application.refused' as const), detail }),
  fc.record({ state: fc.constant('dropped' as const), reason: fc.constant('application.late' as const), due, detail }),
)
const states = fc.constantFrom<NewDelivery['state'][]>('queued', 'delivering', 'delivering', 'delivered', 'held', 'discarded')

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('add' as const), state: states, due: came, processor }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('claim' as const), processor, limit: fc.integer({ min: 1, max: 4 }), later: fc.nat(30) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('take' as const), pick: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('resend' as const), pick: fc.nat() }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('settle' as const), pick: fc.nat(), settlement }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('redeliver' as const),
      pick: fc.nat(),
      how: fc.constantFrom<Redelivery[]>('retry', 'replay', 'release', 'discard'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash' as const) }) },
)

const seen = (all: readonly { id: number; attempts: number; since: number }[]) =>
  all.map(({ id, attempts, since }) => [id, attempts, since])

/** Does it at `at`; gives what can be seen of it. */
async function step(place: QueuePlace, it: Act, at: number): Promise<unknown> {
  if (it.kind === 'add') return place.add(it)
  if (it.kind === 'claim') return seen(await place.queue().claim(it.processor, it.limit, at + it.later))
  if (it.kind === 'crash') return place.reopen(at)
  if (place.last() === 0) return null
  const picked = 1 + (it.pick % place.last())
  if (it.kind === 'resend') return place.resend(picked)
  if (it.kind === 'redeliver') return place.redeliver(picked, it.how, at)
  if (it.kind === 'take') {
    const taken = await place.queue().take(picked, at)
    return taken === null ? null : seen([taken])
  }
  // The model is strict about it, and the spool leaves it as it is.
  if ((await place.look(picked)).state !== 'delivering') return null
  return place.queue().settle(picked, it.settlement)
}

async function lookAtAll(place: QueuePlace): Promise<unknown[]> {
  const all: unknown[] = [await place.queue().nextDue('app'), await place.queue().nextDue('archive')]
  for (let id = 1; id <= place.last(); id++) all.push(await place.look(id))
  return all
}

it('the spool keeps deliveries as the model does', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 40 }), async acts => {
      const [spool, model] = [await sqlitePlace(), memoryPlace()]
      try {
        for (const [i, it] of acts.entries()) expect(await step(spool, it, start + i)).toEqual(await step(model, it, start + i))
        expect(await lookAtAll(spool)).toEqual(await lookAtAll(model))
        await spool.reopen(start + 100)
        await model.reopen(start + 100)
        expect(await lookAtAll(spool)).toEqual(await lookAtAll(model))
      } finally {
        await spool.remove()
        await model.remove()
      }
    }),
    { numRuns: 25 },
  )
}, 60_000)
