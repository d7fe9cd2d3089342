/**
 * Which of several answers about one key is given, where one valid answer would do: the one that tells most. "Later" must
 * not be overruled by another's "no" (design: rule 2).
 */
import type { KeyCheck } from './ports.ts'

const weight = { valid: 4, unavailable: 3, expired: 2, revoked: 1, unknown: 0 } as const

/** Of two that tell the same, neither does. */
export const tellsMore = (a: KeyCheck, b: KeyCheck): boolean => weight[a.kind] > weight[b.kind]
