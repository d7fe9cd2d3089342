/**
 * Sizes as operators write them: a whole number and one unit, `512B 64KiB 25MiB 1GiB` (IEC 80000-13: powers of 1024). In the
 * program they are octets. Must not accept KB or MB: half of the world means 1000 by them.
 */
const units = { TiB: 1024 ** 4, GiB: 1024 ** 3, MiB: 1024 ** 2, KiB: 1024, B: 1 } as const

/** For JSON Schema and for people. */
export const sizePattern = '^(0|[1-9][0-9]{0,14})(B|KiB|MiB|GiB|TiB)$'
const written = new RegExp(sizePattern)

/** Octets, or null where `text` is no size or can't be counted exactly. Never throws. */
export function parseSize(text: string): number | null {
  const match = written.exec(text)
  if (match === null) return null
  const value = Number(match[1]) * units[match[2] as keyof typeof units]
  return Number.isSafeInteger(value) ? value : null
}

/** The shortest spelling without a remainder; `parseSize(formatSize(n))` is n. For whole numbers, 0 or more. */
export function formatSize(octets: number): string {
  if (octets === 0) return '0B'
  for (const [unit, size] of Object.entries(units)) {
    if (octets % size === 0) return `${octets / size}${unit}`
  }
  return `${octets}B`
}
