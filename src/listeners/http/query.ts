/**
 * Query parameters read by a table of readers: an unknown name, a name given twice or a value that a reader refuses is a
 * 400 that says what was found and what is allowed. An empty value counts as not given, because forms send those.
 */
import { momentRule, parseMoment } from '../../lib/moment.ts'
import { Problem } from './problem.ts'
import { cut } from './visible.ts'

/** Gives the value, or throws Unfit with what would be allowed. */
export type Reader<T> = (value: string) => T
type Readers = Readonly<Record<string, Reader<unknown>>>
export type Values<R extends Readers> = { [K in keyof R]?: ReturnType<R[K]> }

class Unfit extends Error {
  readonly allowed: unknown
  constructor(allowed: unknown) {
    super('unfit')
    this.allowed = allowed
  }
}

export const textUpTo =
  (limit: number): Reader<string> =>
  value => {
    if (value.length > limit) throw new Unfit(`at most ${limit} characters`)
    return value
  }

export const oneOf =
  <T extends string>(allowed: readonly T[]): Reader<T> =>
  value => {
    if (!(allowed as readonly string[]).includes(value)) throw new Unfit(allowed)
    return value as T
  }

export const integer =
  (min: number, max: number): Reader<number> =>
  value => {
    const number = /^\d{1,16}$/.test(value) ? Number(value) : Number.NaN
    if (!(number >= min && number <= max)) throw new Unfit(`a whole number from ${min} to ${max}`)
    return number
  }

/** Milliseconds since 1970; durations are counted back from now. */
export const moment: Reader<number> = value => {
  const at = parseMoment(value, Date.now())
  if (at === null) throw new Unfit(momentRule)
  return at
}

/** `query` as the server parsed it: an object of strings, and of arrays where a name came twice. Throws Problem 400. */
export function readQuery<R extends Readers>(query: unknown, readers: R): Values<R> {
  const values: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(query as object)) {
    const parameter = cut(name, 100)
    if (!Object.hasOwn(readers, name)) throw unknownParameter(parameter, Object.keys(readers))
    if (typeof value !== 'string') throw new Problem(400, `The parameter ${parameter} was given more than once`, { parameter })
    if (value !== '') values[name] = readOne(parameter, value, readers[name]!)
  }
  return values as Values<R>
}

function unknownParameter(parameter: string, allowed: readonly string[]): Problem {
  const known = allowed.length === 0 ? 'none is known here' : `known here: ${allowed.join(', ')}`
  return new Problem(400, `Unknown parameter ${parameter}; ${known}`, { parameter, allowed })
}

function readOne(parameter: string, value: string, reader: Reader<unknown>): unknown {
  try {
    return reader(value)
  } catch (error) {
    if (!(error instanceof Unfit)) throw error
    const found = cut(value, 100)
    const allowed = Array.isArray(error.allowed) ? `one of ${error.allowed.join(', ')}` : String(error.allowed)
    throw new Problem(400, `The parameter ${parameter} is ${found}, allowed is ${allowed}`, { parameter, found, allowed: error.allowed })
  }
}
