/** When a server counts as down, when it is asked whether it is back, and who waits for that. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createCircuit } from '../../../../src/authentication/dns/circuit.ts'

function circuit() {
  const state = { now: 0, changes: [] as boolean[], probes: [] as ((answered: boolean) => void)[] }
  const made = createCircuit({
    clock: () => state.now,
    changed: up => state.changes.push(up),
    probe: () => new Promise(resolve => state.probes.push(resolve)),
  })
  const silent = (times: number) => {
    for (let time = 0; time < times; time++) made.told(false)
  }
  const settle = async (answered: boolean) => {
    state.probes.shift()!(answered)
    await sleep(0)
  }
  return { ...made, state, silent, settle }
}

afterEach(() => void vi.useRealTimers())

async function down() {
  const made = circuit()
  made.silent(3)
  await made.settle(false)
  expect(made.up()).toBe(false)
  return made
}

describe('going down', () => {
  it('takes three silences in a row and a probe without an answer', async () => {
    const made = circuit()
    made.silent(2)
    made.told(true)
    made.silent(2)
    expect(made.state.probes).toHaveLength(0)
    made.silent(1)
    expect(made.state.probes).toHaveLength(1)
    expect(made.up()).toBe(true)
    await made.settle(false)
    expect(made.up()).toBe(false)
    expect(made.state.changes).toEqual([false])
  })

  it('doesn’t happen where the probe is answered: slow names are not a dead server', async () => {
    const made = circuit()
    made.silent(5)
    expect(made.state.probes).toHaveLength(1)
    await made.settle(true)
    made.silent(2)
    expect(made.up()).toBe(true)
    expect(made.state.probes).toHaveLength(0)
    expect(made.state.changes).toEqual([])
  })
})

describe('coming back', () => {
  it('is tried once a second, when somebody asks', async () => {
    const made = await down()
    made.state.now = 999
    made.probeIfDue()
    expect(made.state.probes).toHaveLength(0)
    made.state.now = 1_000
    made.probeIfDue()
    made.probeIfDue()
    expect(made.state.probes).toHaveLength(1)
    await made.settle(true)
    expect(made.up()).toBe(true)
    expect(made.state.changes).toEqual([false, true])
  })

  it('isn’t put off by a clock that was set back', async () => {
    const made = await down()
    made.state.now = -50_000
    made.probeIfDue()
    expect(made.state.probes).toHaveLength(1)
  })

  it('is at once with any answer', async () => {
    const made = await down()
    made.told(true)
    expect(made.up()).toBe(true)
  })

  it('is waited for a moment from the start of the probe, then not any more', async () => {
    const made = await down()
    await made.revive()
    made.state.now = 1_000
    vi.useFakeTimers({ toFake: ['setTimeout'] })
    let over = false
    const early = made.revive().then(() => {
      over = true
    })
    await vi.advanceTimersByTimeAsync(50)
    expect(over).toBe(false)
    await vi.advanceTimersByTimeAsync(100)
    expect(over).toBe(true)
    await early
    // No time passes: this one would wait for ever.
    await made.revive()
    vi.useRealTimers()
    await made.settle(false)
    expect(made.up()).toBe(false)
  })

  it('lets those who wait go on at the first answer', async () => {
    const made = await down()
    made.state.now = 1_000
    const waiting = Promise.all([made.revive(), made.revive()])
    await made.settle(true)
    await waiting
    expect(made.up()).toBe(true)
  })
})
