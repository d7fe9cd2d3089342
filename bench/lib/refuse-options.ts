/** The words of `npm run bench:refuse`, read and checked before anything starts. Pure: words in, options out. */
import { parseArgs } from 'node:util'

/** What can be measured, by group: a group's name in --only stands for all of it. */
export const subjects = {
  refusals: ['ours', 'postfix', 'smtp-server', 'default'],
  decisions: ['signed', 'file-1', 'file-1m', 'redis', 'sql'],
  'postfix-maps': ['map-hash', 'map-pgsql', 'map-signed', 'map-file-1m', 'map-redis', 'map-sql', 'policy-signed', 'both-signed'],
} as const satisfies Record<string, readonly string[]>

export interface RefuseOptions {
  readonly rounds: number
  /** Of one measurement. */
  readonly seconds: number
  readonly sessions: number
  readonly only: readonly string[]
  readonly folder: string | undefined
}

const words = { type: 'string' } as const
const known = {
  rounds: words,
  seconds: words,
  sessions: words,
  only: words,
  folder: words,
  quick: { type: 'boolean', default: false },
} as const

/** Throws an Error that names the word. --quick gives way to what is said. */
export function refuseOptions(args: readonly string[]): RefuseOptions {
  const { values } = parseArgs({ args: [...args], options: known })
  const number = (name: 'rounds' | 'seconds' | 'sessions', usual: number) => {
    const n = Number(values[name] ?? usual)
    if (!(n > 0) || (name !== 'seconds' && !Number.isInteger(n)))
      throw new Error(`--${name}: ${JSON.stringify(values[name])} is no ${name === 'seconds' ? 'positive' : 'whole'} number`)
    return n
  }
  return {
    rounds: number('rounds', values.quick ? 1 : 3),
    seconds: number('seconds', values.quick ? 1 : 2),
    sessions: number('sessions', 50),
    only: named(values.only?.split(',') ?? Object.keys(subjects)),
    folder: values.folder,
  }
}

function named(names: readonly string[]): readonly string[] {
  const groups: Readonly<Record<string, readonly string[]>> = subjects
  const all = Object.values(groups).flat()
  for (const name of names) {
    if (!Object.hasOwn(groups, name) && !all.includes(name))
      throw new Error(`--only: ${JSON.stringify(name)} is none of ${[...Object.keys(groups), ...all].join(', ')}`)
  }
  const wanted = new Set(names.flatMap(name => (Object.hasOwn(groups, name) ? groups[name]! : [name])))
  return all.filter(name => wanted.has(name))
}
