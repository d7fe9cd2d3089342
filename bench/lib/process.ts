/**
 * A server under test as a process of its own, and what /proc says of it: processor time and memory. Output goes to a file, as
 * an operator's would. Nothing here knows what the process serves.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { waitForPort } from '../../test/support/ports.ts'

export interface Started {
  readonly id: number
  stop(): Promise<void>
}

export interface Command {
  readonly program: string
  readonly args: readonly string[]
  /** Working folder; output goes to `output.log` there. */
  readonly folder: string
  readonly environment: Readonly<Record<string, string>>
  /** Started when this one takes connections. */
  readonly port: number
}

const ended = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null

async function end(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM')
  for (let left = 200; left > 0 && !ended(child); left--) await sleep(50)
  if (!ended(child)) child.kill('SIGKILL')
  while (!ended(child)) await sleep(20)
}

export async function startProcess({ program, args, folder, environment, port }: Command): Promise<Started> {
  const log = path.join(folder, 'output.log')
  const output = openSync(log, 'a')
  const child = spawn(program, args, { cwd: folder, env: { ...process.env, ...environment }, stdio: ['ignore', output, output] })
  closeSync(output)
  const atExit = () => child.kill('SIGKILL')
  process.on('exit', atExit)
  child.once('exit', () => process.off('exit', atExit))
  try {
    await waitForPort(port, 20_000, () => !ended(child))
  } catch (error) {
    await end(child)
    throw new Error(`${path.basename(args[0] ?? program)} did not start:\n${readFileSync(log, 'utf8').slice(-4_000)}`, { cause: error })
  }
  return { id: child.pid!, stop: () => end(child) }
}

const read = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return '' // the process has ended
  }
}

/** User and system time that these processes have used, in milliseconds. A tick is 10 ms. */
export function processorTime(ids: readonly number[]): number {
  const ticks = ids.map(id => {
    // The name in parentheses may hold anything; fields 14 and 15 are counted from behind it.
    const fields = read(`/proc/${id}/stat`).split(') ').at(-1)!.split(' ')
    return Number(fields[11] ?? 0) + Number(fields[12] ?? 0)
  })
  return ticks.reduce((sum, n) => sum + n, 0) * 10
}

/** The most memory that one of these processes ever held (VmHWM), in octets. */
export const peakMemory = (ids: readonly number[]): number =>
  Math.max(0, ...ids.map(id => Number(/VmHWM:\s+(\d+) kB/.exec(read(`/proc/${id}/status`))?.[1] ?? 0) * 1024))

/** True where each of these processes has the library loaded. */
export const allLoaded = (ids: readonly number[], library: string): boolean =>
  ids.length > 0 && ids.every(id => read(`/proc/${id}/maps`).includes(library))

/** Waits, at most three seconds, until these processes rest: what they still do for the last run must not slow the next. */
export async function untilIdle(ids: () => readonly number[]): Promise<void> {
  for (let left = 15; left > 0; left--) {
    const before = processorTime(ids())
    await sleep(200)
    if (processorTime(ids()) - before <= 10) return
  }
}
