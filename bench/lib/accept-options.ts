/** The words of `npm run bench:accept -- …`. Unknown words and values are errors that name what is allowed. */
import { parseArgs } from 'node:util'
import type { Flush } from './musts.ts'

export const sizes = { '2k': 2_048, '10k': 10_240, '100k': 102_400, '5m': 5_242_880 } as const
export type Size = keyof typeof sizes
export const subjects = ['ours-lmtp', 'ours-smtp', 'a', 'b', 'c'] as const
export type SubjectName = (typeof subjects)[number]

export interface AcceptOptions {
  readonly rounds: number
  /** How long one measurement takes, about. */
  readonly seconds: number
  readonly only: readonly SubjectName[]
  readonly sizes: readonly Size[]
  readonly sessions: readonly number[]
  readonly flushes: readonly Flush[]
  readonly folder: string | undefined
}

export const usage = `npm run bench:accept -- [--rounds 3] [--seconds 2] [--only ${subjects.join(',')}] [--sizes ${Object.keys(sizes).join(',')}]
  [--sessions 1,10,50,200] [--flush real,slowed] [--folder DIRECTORY] [--quick]
--only ours stands for ours-lmtp,ours-smtp. 5m is measured with 10 sessions only. --quick: one short round, 2k, 10 and 50 sessions.`

export class WrongUsage extends Error {
  override readonly name = 'WrongUsage'
}

function list<T extends string>(option: string, text: string, allowed: readonly T[]): readonly T[] {
  return text.split(',').map(word => {
    if (!allowed.includes(word as T)) throw new WrongUsage(`--${option}: ${JSON.stringify(word)} is none of ${allowed.join(', ')}`)
    return word as T
  })
}

function positive(option: string, text: string, whole: boolean): number {
  const n = Number(text)
  if (!(n > 0) || n > 10_000 || (whole && !Number.isInteger(n)))
    throw new WrongUsage(`--${option}: ${JSON.stringify(text)} is no ${whole ? 'whole number from 1' : 'number over 0'} up to 10000`)
  return n
}

const words = {
  rounds: { type: 'string' },
  seconds: { type: 'string' },
  only: { type: 'string', default: subjects.join(',') },
  sizes: { type: 'string' },
  sessions: { type: 'string' },
  flush: { type: 'string', default: 'real,slowed' },
  folder: { type: 'string' },
  quick: { type: 'boolean', default: false },
} as const

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: words, allowPositionals: false }).values
  } catch (error) {
    throw new WrongUsage((error as Error).message)
  }
}

/** Throws WrongUsage. */
export function acceptOptions(args: readonly string[]): AcceptOptions {
  const values = parsed(args)
  const usual = values.quick
    ? { rounds: '1', seconds: '0.5', sizes: '2k', sessions: '10,50' }
    : { rounds: '3', seconds: '2', sizes: '2k,10k,100k,5m', sessions: '1,10,50,200' }
  const only = values.only.replace(/(^|,)ours(?=,|$)/, '$1ours-lmtp,ours-smtp')
  return {
    rounds: positive('rounds', values.rounds ?? usual.rounds, true),
    seconds: positive('seconds', values.seconds ?? usual.seconds, false),
    only: list('only', only, subjects),
    sizes: list('sizes', values.sizes ?? usual.sizes, Object.keys(sizes) as Size[]),
    sessions: (values.sessions ?? usual.sessions).split(',').map(text => positive('sessions', text, true)),
    flushes: list('flush', values.flush, ['real', 'slowed'] as const),
    folder: values.folder,
  }
}
