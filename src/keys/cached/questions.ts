/**
 * Questions to a store that are open: one for each key at a place however many wait for it, and no more at once than are
 * allowed. `settled` hears of an answer unless all that was known was forgotten while the question was open.
 */
import type { KeyCheck } from '../../transaction/ports.ts'

export interface Questions {
  readonly full: boolean
  get(id: string): Promise<KeyCheck> | undefined
  /** Gives the promise that all who ask for `id` from now on share. */
  add(id: string, answer: Promise<KeyCheck>, settled: (check: KeyCheck) => void): Promise<KeyCheck>
  /** Those who wait get their answers still; nobody joins them, and nothing is settled. */
  abandon(): void
}

export function openQuestions(limit: number): Questions {
  const open = new Map<string, Promise<KeyCheck>>()
  let count = 0
  return {
    get full() {
      return count >= limit
    },
    get: id => open.get(id),
    add(id, answer, settled) {
      /** Whether it was not abandoned. */
      const end = (): boolean => {
        count--
        return open.get(id) === question && open.delete(id)
      }
      const question = answer.then(
        check => {
          if (end()) settled(check)
          return check
        },
        (error: unknown) => {
          end()
          throw error
        },
      )
      count++
      open.set(id, question)
      return question
    },
    abandon: () => open.clear(),
  }
}
