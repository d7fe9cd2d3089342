/**
 * Looking into a configuration that may be broken: checks across keys run beside the schema, so that one start reports all
 * problems. Everything here answers "nothing there" where the shape is wrong; the schema has said so already.
 */
import type { Path } from './problem.ts'

export interface Part {
  readonly path: Path
  readonly value: unknown
}

/** What stands under `key`; its value is undefined where nothing does. */
export function part({ path, value }: Part, key: string): Part {
  const own = isMapping(value) && Object.hasOwn(value, key) ? value[key] : undefined
  return { path: [...path, key], value: own }
}

export const texts = (from: Part, key: string): string | undefined => {
  const { value } = part(from, key)
  return typeof value === 'string' ? value : undefined
}

export const has = (from: Part, key: string): boolean => part(from, key).value !== undefined

/** The items of a list; none where there is no list. */
export const items = ({ path, value }: Part): readonly Part[] =>
  Array.isArray(value) ? value.map((item: unknown, i) => ({ path: [...path, i], value: item })) : []

/** A mapping stands for a list of one, under its own path. */
export const itemsOrOne = (from: Part): readonly Part[] => (isMapping(from.value) ? [from] : items(from))

export const entries = ({ path, value }: Part): readonly Part[] =>
  isMapping(value) ? Object.entries(value).map(([key, inner]) => ({ path: [...path, key], value: inner })) : []

export const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
