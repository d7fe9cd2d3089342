/**
 * What verifiers that are made of others share: closing and forgetting reach every member, and a step that waits for one
 * answer only where it is a promise, so that what answers at once still does.
 */
import type { KeyCheck, KeyVerifier } from '../transaction/ports.ts'

export type Answer = KeyCheck | Promise<KeyCheck>

export const andThen = (answer: Answer, step: (check: KeyCheck) => Answer): Answer =>
  answer instanceof Promise ? answer.then(step) : step(answer)

/** `forget` and `close` of a verifier made of `members`; forget is absent where none of them remembers anything. */
export function together(members: readonly KeyVerifier[]): Pick<KeyVerifier, 'forget' | 'close'> {
  const remembering = members.filter(member => member.forget !== undefined)
  return {
    ...(remembering.length === 0 ? {} : { forget: key => remembering.reduce((sum, member) => sum + member.forget!(key), 0) }),
    close: () => closeAll(members),
  }
}

/** One that fails to close keeps no other from it; then its error is thrown. */
async function closeAll(members: readonly KeyVerifier[]): Promise<void> {
  const ends = await Promise.allSettled(members.map(async member => member.close?.()))
  const failed = ends.find(end => end.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}

export const allFoldCase = (members: readonly KeyVerifier[]): boolean => members.every(member => member.foldsCase === true)
