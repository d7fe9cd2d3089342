/** Long messages in one thread: how much of them is done in one round of its event loop. */
import { setImmediate as round } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createInflow, wholePieces } from '../../../src/authentication/worker/inflow.ts'
import { createTurns } from '../../../src/authentication/worker/turns.ts'

test('one piece of one message a round, and all of all of them in the end', async () => {
  const turn = createTurns()
  let taken = 0
  const inflows = [1, 2, 3].map(() => createInflow(() => taken++, turn))
  for (const inflow of inflows) for (let i = 0; i < 8; i++) inflow.push(new ArrayBuffer(10))
  const read = inflows.map(async ({ pieces, end }) => {
    end()
    while ((await pieces()) !== null);
  })
  const whole = wholePieces(new ArrayBuffer(100_000), turn)().then(() => taken++)
  for (let last = 0, rounds = 0; taken < 25; rounds++, last = taken) {
    await round()
    expect(taken - last).toBeLessThanOrEqual(1)
    expect(rounds).toBeLessThan(60)
  }
  await Promise.all([...read, whole])
})

test('a small message waits for nobody', async () => {
  const turn = createTurns()
  void turn()
  let taken = false
  void wholePieces(new ArrayBuffer(4096), turn)().then(() => (taken = true))
  await Promise.resolve()
  await Promise.resolve()
  expect(taken).toBe(true)
})

test('a message that breaks off while it waits for its turn', async () => {
  const inflow = createInflow(() => {}, createTurns())
  inflow.push(new ArrayBuffer(10))
  const read = inflow.pieces()
  inflow.break()
  await expect(read).rejects.toThrow('broke off')
})
