/** The governor against a plain model that remembers everything: never more than it may, never less, and bounded. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createGovernor, type Governed } from '../../../src/policy/governor/governor.ts'

const hour = 3_600_000
const caps = { perKey: fc.nat(4), perSender: fc.nat(4), perPair: fc.nat(4) }
const step = fc.record({
  mailbox: fc.constantFrom('m', 'mm'),
  key: fc.constantFrom('', 'a', 'A', 'ma'),
  sender: fc.constantFrom('', 'a@x', 'A@x', 'b@x'),
  wait: fc.constantFrom(0, 1, hour / 4, hour / 2, hour),
})

test('lets through exactly what all buckets have room for', () => {
  fc.assert(
    fc.property(fc.record(caps), fc.array(step, { maxLength: 60 }), ({ perKey, perSender, perPair }, steps) => {
      const governor = createGovernor({ perKey, perSender, perPair, entries: 1000 })
      const used = new Map<string, { level: number; at: number }>()
      const size = { key: perKey, sender: perSender, pair: perPair }
      let now = 0
      for (const { wait, ...mail } of steps) {
        now += wait
        const due = bucketsOf(mail).filter(({ by }) => size[by] > 0)
        const level = ({ by, name }: Bucket) => {
          const { level: before, at } = used.get(`${by} ${name}`) ?? { level: 0, at: now }
          return Math.max(0, before - ((now - at) * size[by]) / hour)
        }
        const empty = due.find(bucket => size[bucket.by] - level(bucket) < 1 - 1e-6)
        const taken = governor.take(mail, now)
        expect(taken).toEqual(empty === undefined ? { ok: true } : { ok: false, by: empty.by, limit: size[empty.by] })
        if (empty !== undefined) continue
        for (const bucket of due) used.set(`${bucket.by} ${bucket.name}`, { level: level(bucket) + 1, at: now })
      }
    }),
    { numRuns: 500 },
  )
})

interface Bucket {
  readonly by: 'key' | 'sender' | 'pair'
  readonly name: string
}

function bucketsOf({ mailbox, key, sender }: Governed): readonly Bucket[] {
  const [k, s] = [JSON.stringify([mailbox, key.toLowerCase()]), sender.toLowerCase()]
  return [
    ...(key !== '' || s === '' ? [{ by: 'key' as const, name: k }] : []),
    ...(s === '' ? [] : [{ by: 'sender' as const, name: s }]),
    ...(s === '' ? [] : [{ by: 'pair' as const, name: JSON.stringify([k, s]) }]),
  ]
}

test('whatever is asked of few entries, nobody is let through more often in a moment than his cap times the evictions allow', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f')
  fc.assert(
    fc.property(fc.array(name, { maxLength: 80 }), fc.integer({ min: 1, max: 4 }), (keys, entries) => {
      const governor = createGovernor({ perKey: 2, perSender: 0, perPair: 0, entries })
      const passed = new Map<string, number>()
      for (const key of keys) if (governor.take({ mailbox: 'm', key, sender: 's@x' }, 0).ok) passed.set(key, (passed.get(key) ?? 0) + 1)
      const others = (key: string) => keys.filter(other => other !== key).length
      for (const [key, count] of passed) expect(count).toBeLessThanOrEqual(2 * (1 + Math.floor(others(key) / entries)))
    }),
    { numRuns: 300 },
  )
})
