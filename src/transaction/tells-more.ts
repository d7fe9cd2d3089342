/**
 * Which of several answers about one key is given, where one valid answer would do: the one that tells most. "Later" must
 * not be overruled by another's "no" (design: rule 2).
 */
import type { KeyCheck } from './ports.ts'

const weight = { valid: 4, unavailable: 3, expired: 2, revoked: 1, unknown: 0 } as const

/** Of two that tell the same neither does, but the one that was good for longer: mail may have waited since then. */
export const tellsMore = (a: KeyCheck, b: KeyCheck): boolean =>
  a.kind === 'expired' && b.kind === 'expired' ? a.expired > b.expired : weight[a.kind] > weight[b.kind]
