/**
 * All that screening finds in a message, envelope apart: what header fields say of themselves, bounces in forms of their own,
 * verification mail, and, where a route of its recipients wants to know, vacation notices.
 */
import type { ScreeningSettings } from './actions.ts'
import { bounceFindings, type Seen } from './bounces.ts'
import { type Finding, messageFindings } from './findings.ts'
import { vacationFindings } from './vacation.ts'
import { verificationFindings } from './verification.ts'

export interface Examined extends Seen {
  /** Ours. */
  readonly hostname: string
}

/** `settings`: of the routes that the message may go to. Where all of them ignore vacation notices, none is looked for. */
export function examine(message: Examined, settings: readonly ScreeningSettings[]): readonly Finding[] {
  const plain = messageFindings(message.header, message.hostname)
  const wanted = settings.some(({ vacation = 'ignore' }) => vacation !== 'ignore')
  return [
    ...plain,
    ...(plain.some(({ rule }) => rule === 'delivery-status') ? [] : bounceFindings(message)),
    ...verificationFindings(message),
    ...(wanted ? vacationFindings(message.header) : []),
  ]
}
