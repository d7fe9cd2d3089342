/** What the key verifiers find wrong with the texts of a configuration, for its loader, which knows none of them. */
import type { KeyChecks } from '../config/check-keys.ts'
import { compileKeyPattern } from '../keys/pattern/compile.ts'
import { templateProblem } from '../keys/redis/template.ts'
import { parseSqlUrl } from '../keys/sql/place.ts'
import { queryProblem } from '../keys/sql/query.ts'
import { redisUrlProblem } from '../lib/redis/address.ts'

export const keyChecks: KeyChecks = {
  redisUrl: url => sentence('the address', redisUrlProblem(url)),
  redisName: (template, kind) => sentence('this name', templateProblem(template, kind)),
  sqlUrl(url, ca) {
    const place = parseSqlUrl(url)
    if (typeof place === 'string') return place
    return ca && place.mode === 'disable' ? 'ca is beside it, but without TLS no certificate is checked: add ?sslmode=verify-full' : null
  },
  query: queryProblem,
  pattern(pattern) {
    const compiled = compileKeyPattern(pattern)
    return 'problem' in compiled ? compiled.problem : null
  },
}

const sentence = (subject: string, problem: string | null): string | null => (problem === null ? null : `${subject} ${problem}`)
