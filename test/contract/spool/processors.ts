/** Repeats of mail whose recipients have several processors, or had others before. Part of the suite for spools. */
import { describe, expect, it } from 'vitest'
import type { NewDelivery } from '../../../src/transaction/ports.ts'
import { accept, day, delivery, kinds, message, octets, start } from './messages.ts'
import type { Subject } from './suite.ts'

let serial = 0
/** One recipient's deliveries: one idempotency id, a processor each. */
const toEach = (processors: readonly string[], state: NewDelivery['state'] = 'queued', material = `p${++serial}`): NewDelivery[] =>
  processors.map(processor => delivery({ processor, state, idempotency: { material, window: 7 * day } }))

export function processorsContract(name: string, subject: () => Subject): void {
  describe(`${name}: repeats with several processors`, () => {
    const body = octets(30)
    const send = async (deliveries: readonly NewDelivery[]) => kinds(await accept(subject().spool, message({ deliveries }), body))
    const fail = async (processor: string) => {
      const [claimed] = await subject().spool.claim(processor, 1, start)
      await subject().spool.settle(claimed!.id, { state: 'failed', detail: 'no' })
    }
    it('are judged for each processor', async () => {
      const both = toEach(['app', 'archive'])
      expect(await send(both)).toEqual(['new', 'new'])
      expect(await send(both)).toEqual(['repeat', 'repeat'])
      await fail('app')
      expect(await send(both)).toEqual(['new', 'repeat'])
      const ids = new Set((await subject().spool.view((await subject().spool.list({}))[0]!.id))!.deliveries.map(d => d.idempotencyId))
      expect(ids.size).toBe(1)
    })
    it('go by the other processors where there is none of this one: the configuration changed', async () => {
      const material = 'changed'
      expect(await send(toEach(['app'], 'queued', material))).toEqual(['new'])
      expect(await send(toEach(['hook'], 'queued', material))).toEqual(['repeat'])
      expect(await send(toEach(['app', 'archive'], 'queued', material))).toEqual(['repeat', 'repeat'])
      await fail('app')
      expect(await send(toEach(['app', 'archive'], 'queued', material))).toEqual(['new', 'new'])
      // Now those of each processor decide again.
      expect(await send(toEach(['app', 'archive'], 'queued', material))).toEqual(['repeat', 'repeat'])
    })
    it('know no processor of one message from another by the first of them alone', async () => {
      expect(await send([...toEach(['app', 'app', 'archive'], 'queued', 'twice')])).toEqual(['new', 'repeat', 'new'])
    })
    it('drop each delivery by itself', async () => {
      const { spool } = subject()
      const both = toEach(['app', 'archive'], 'delivering')
      const first = await accept(spool, message({ deliveries: both }), body)
      const [app, archive] = first.deliveries.map(one => (one.kind === 'new' ? one.id : 0))
      const drop = { state: 'dropped', reason: 'application.late', due: start, detail: '' } as const
      await spool.settle(app!, drop)
      expect(await send(both)).toEqual(['new', 'repeat'])
      await spool.settle(archive!, drop)
      expect((await spool.view((await spool.list({})).at(-1)!.id))?.deliveries.map(({ state }) => state)).toEqual(['discarded', 'queued'])
    })
  })
}
