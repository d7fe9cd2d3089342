/**
 * Durations as operators write them: a whole number and one unit, `500ms 3s 10m 12h 7d`. In the program they are
 * milliseconds. Must not accept a bare number: whoever reads it later can't tell its unit.
 */
const units = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const

/** For JSON Schema and for people. */
export const durationPattern = '^(0|[1-9][0-9]{0,14})(ms|s|m|h|d)$'
const written = new RegExp(durationPattern)

/** Milliseconds, or null where `text` is no duration or can't be counted exactly. Never throws. */
export function parseDuration(text: string): number | null {
  const match = written.exec(text)
  if (match === null) return null
  const value = Number(match[1]) * units[match[2] as keyof typeof units]
  return Number.isSafeInteger(value) ? value : null
}

/** The shortest spelling without a remainder; `parseDuration(formatDuration(n))` is n. For whole numbers, 0 or more. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds === 0) return '0s'
  for (const [unit, size] of Object.entries(units)) {
    if (milliseconds % size === 0) return `${milliseconds / size}${unit}`
  }
  return `${milliseconds}ms`
}
