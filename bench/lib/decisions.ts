/**
 * Decisions a second and their latency, half of the keys good and half unknown: through each door of Postern for each kind of
 * key, and as answers to RCPT of a Postfix that asks its own map or us. All are up together and take turns; what a cell used of
 * the processor is Postern's part alone.
 */
import { readFile } from 'node:fs/promises'
import { type Deciding, type Kind, kinds, startDeciding } from '../subjects/deciding.ts'
import { type KeyStores, keyStores } from '../subjects/key-stores.ts'
import { type Asking, postfixes, startAsking, startHash, startPgsql } from '../subjects/postfix-maps.ts'
import { answers, askQuestions, type DecideResult, type Door, doors } from './decide.ts'
import { peakMemory, processorTime, untilIdle } from './process.ts'
import type { RefuseOptions } from './refuse-options.ts'
import { progress } from './report.ts'
import type { Scratch } from './scratch.ts'

export interface DecisionRun extends DecideResult {
  /** Microseconds of processor time that Postern used for an answer. */
  readonly server: number
}

/** Something to be asked: a door of Postern, or a Postfix. */
export interface Asked {
  readonly name: string
  readonly kind: string
  readonly door: Door
  /** Every round with all connections busy, and one with a single connection. */
  readonly busy: readonly DecisionRun[]
  readonly alone: DecisionRun
}

export interface Start {
  readonly kind: Kind
  /** Seconds until its doors were open, each time it was started. */
  readonly ready: readonly number[]
  /** Octets: the most that the process held until it was ready, and until the end of all questions. */
  readonly readyMemory: number
  readonly peakMemory: number
}

export interface Decisions {
  readonly asked: readonly Asked[]
  readonly starts: readonly Start[]
}

interface Target {
  readonly name: string
  readonly kind: string
  readonly door: Door
  readonly port: number
  readonly questions: string
  /** Charged for the answers. */
  readonly postern: readonly number[]
  readonly processes: () => readonly number[]
}

interface Opened {
  readonly targets: Target[]
  readonly deciding: Map<Kind, { readonly deciding: Deciding; readonly ready: number[]; readonly readyMemory: number }>
  readonly stops: (() => Promise<void>)[]
}

const isKind = (name: string): name is Kind => (kinds as readonly string[]).includes(name)

/** The kinds whose Postern must be up. Postfix's own maps are asked what a large store is asked. */
function neededKinds(only: readonly string[]): ReadonlySet<Kind> {
  const behind = only.flatMap(name => {
    const asks = postfixes[name]
    return asks === undefined ? [] : 'kind' in asks ? asks.kind : ['sql' as const]
  })
  return new Set([...only.filter(isKind), ...behind])
}

/** A million keys are loaded more than once: how long that takes is one of the figures. */
async function openKind(kind: Kind, opened: Opened, { stores, scratch, starts }: { stores: KeyStores; scratch: Scratch; starts: number }) {
  const ready: number[] = []
  for (let left = kind === 'file-1m' ? starts : 1; left > 0; left--) {
    const folder = scratch.place()
    const deciding = await startDeciding(kind, folder, stores)
    ready.push(deciding.ready)
    if (left > 1) {
      await deciding.stop()
      scratch.remove(folder)
      continue
    }
    opened.stops.push(deciding.stop)
    opened.deciding.set(kind, { deciding, ready, readyMemory: peakMemory([deciding.process]) })
  }
}

async function openPostfix(name: string, opened: Opened, { stores, scratch }: { stores: KeyStores; scratch: Scratch }): Promise<void> {
  const asks = postfixes[name]!
  const asked = opened.deciding.get('kind' in asks ? asks.kind : 'sql')!.deciding
  let postfix: Asking
  if ('kind' in asks) postfix = await startAsking(scratch.place(), asks, asked)
  else if (asks.own === 'pgsql') postfix = await startPgsql(scratch.place(), stores)
  else postfix = await startHash(scratch.place(), await goodAddresses(asked.questions))
  opened.stops.push(postfix.stop)
  const postern = 'kind' in asks ? [asked.process] : []
  const processes = () => [...postfix.processes(), ...postern]
  opened.targets.push({ name, kind: name, door: 'smtp', port: postfix.port, questions: asked.questions, postern, processes })
}

const goodAddresses = async (questions: string): Promise<readonly string[]> =>
  (await readFile(questions, 'utf8'))
    .split('\n')
    .filter(line => line.startsWith('+'))
    .map(line => line.slice(1))

async function openAll(opened: Opened, options: RefuseOptions, parts: { stores: KeyStores; scratch: Scratch }): Promise<void> {
  for (const kind of neededKinds(options.only)) {
    progress(`starting Postern with keys of the kind ${kind}`)
    await openKind(kind, opened, { ...parts, starts: options.rounds })
  }
  for (const [kind, { deciding }] of opened.deciding) {
    if (!options.only.includes(kind)) continue
    const { process, ports, questions } = deciding
    for (const door of doors) {
      const name = `${kind} ${door}`
      opened.targets.push({ name, kind, door, port: ports[door], questions, postern: [process], processes: () => [process] })
    }
  }
  for (const name of options.only.filter(each => Object.hasOwn(postfixes, each))) {
    progress(`starting Postfix ${name}`)
    await openPostfix(name, opened, parts)
  }
}

async function askOnce(program: string, target: Target, load: { sessions: number; seconds: number }): Promise<DecisionRun> {
  const { door, port, questions } = target
  const before = processorTime(target.postern)
  const result = await askQuestions({ program, door, port, questions, ...load })
  const server = ((processorTime(target.postern) - before) * 1_000) / answers(result)
  await untilIdle(target.processes)
  return { ...result, server }
}

/** Nobody else asks, so a short time tells. */
const aloneSeconds = (seconds: number) => Math.min(0.5, seconds)

async function askAll(program: string, options: RefuseOptions, targets: readonly Target[]): Promise<readonly Asked[]> {
  const busy = new Map<Target, DecisionRun[]>(targets.map(target => [target, []]))
  const asked: Asked[] = []
  progress(`decisions, warming up ${targets.length} subjects`)
  for (const target of targets) await askOnce(program, target, { ...options, seconds: options.seconds / 4 })
  for (let round = 0; round < options.rounds; round++) {
    progress(`decisions, round ${round + 1} of ${options.rounds}`)
    for (const [target, runs] of busy) runs.push(await askOnce(program, target, options))
  }
  progress('decisions, one connection')
  for (const [target, runs] of busy) {
    const alone = await askOnce(program, target, { sessions: 1, seconds: aloneSeconds(options.seconds) })
    asked.push({ name: target.name, kind: target.kind, door: target.door, busy: runs, alone })
  }
  return asked
}

/** Starts what is wanted, measures it and stops it. */
export async function measureDecisions(program: string, options: RefuseOptions, scratch: Scratch): Promise<Decisions> {
  const opened: Opened = { targets: [], deciding: new Map(), stops: [] }
  const stores = keyStores()
  try {
    await openAll(opened, options, { stores, scratch })
    const asked = await askAll(program, options, opened.targets)
    const starts = [...opened.deciding].map(([kind, { deciding, ready, readyMemory }]) => ({
      kind,
      ready,
      readyMemory,
      peakMemory: peakMemory([deciding.process]),
    }))
    return { asked, starts }
  } finally {
    for (const stop of opened.stops.toReversed()) await stop()
    await stores.stop()
  }
}
