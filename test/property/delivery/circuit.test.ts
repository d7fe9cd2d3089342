/** Whatever a processor answers: it gets between none and all of its calls, no pause is over-long, and good answers end every pause. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { afterOutcome, allowedAt, type Health, well } from '../../../src/delivery/circuit.ts'
import type { Outcome } from '../../../src/transaction/ports.ts'

const outcome = fc.oneof(
  fc.constant<Outcome>({ kind: 'delivered' }),
  fc.constant<Outcome>({ kind: 'failed', detail: 'no' }),
  fc.record({ kind: fc.constant('retry' as const), detail: fc.constant('later') }),
  fc.record({ kind: fc.constant('retry' as const), detail: fc.constant('later'), after: fc.integer({ min: 0, max: 100_000 }) }),
  fc.record({ kind: fc.constant('retry' as const), detail: fc.constant('gone'), gone: fc.constant(true as const) }),
)
const steps = fc.array(
  fc.record({ outcome, passed: fc.integer({ min: 0, max: 200_000 }), random: fc.double({ min: 0, max: 0.999, noNaN: true }) }),
)
const world = fc.record({
  steps,
  after: fc.integer({ min: 0, max: 12 }),
  longest: fc.integer({ min: 1, max: 600_000 }),
  concurrency: fc.integer({ min: 1, max: 64 }),
})

test('a health is one, and good answers make it well', () => {
  fc.assert(
    fc.property(world, ({ steps, after, longest, concurrency }) => {
      const pausing = { after, longest }
      let at = 0
      let health: Health = well(concurrency)
      for (const { outcome, passed, random } of steps) {
        at += passed
        const before = health
        health = afterOutcome(health, outcome, { at, random, pausing, concurrency })
        expect(allowedAt(health, at)).toBeGreaterThanOrEqual(0)
        expect(allowedAt(health, at)).toBeLessThanOrEqual(concurrency)
        expect(health.allowed).toBeGreaterThanOrEqual(1)
        if (after === 0) expect(health.paused).toBeNull()
        if (outcome.kind !== 'retry') expect(health.paused).toBeNull()
        if (health.paused === null) continue
        expect(allowedAt(health, health.paused.until)).toBe(1)
        const most = Math.max(longest * 10, 'after' in outcome ? (outcome.after ?? 0) : 0)
        expect(health.paused.until).toBeLessThanOrEqual(Math.max(at + most + 1, before.paused?.until ?? 0))
      }
      for (let i = 0; i < 7; i++) health = afterOutcome(health, { kind: 'delivered' }, { at, random: 0, pausing, concurrency })
      expect(health).toEqual(well(concurrency))
    }),
  )
})
