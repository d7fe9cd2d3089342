/** A text that only the part it is for can judge: what that part says becomes a finding. Must not show a secret. */
import { mostText } from './leaves.ts'
import { looksSecret } from './looks-secret.ts'
import type { Finding } from './problem.ts'
import type { Part } from './raw.ts'
import { showText } from './show.ts'

/** What has the wrong form altogether, the schema tells. */
export function checkText({ path, value }: Part, problemOf: (text: string) => string | null, most = mostText): readonly Finding[] {
  if (typeof value !== 'string' || value === '' || value.length > most) return []
  const problem = problemOf(value)
  if (problem === null) return []
  return [{ path, message: looksSecret(problem) ? 'can’t be used' : problem, found: showText(value) }]
}
