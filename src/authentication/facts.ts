/**
 * What the checks of one message are given, and what its signatures come to.
 */
import type { Arc, DkimSignature } from '../policy/authentication/evidence.ts'
import type { MessageQuestion } from '../transaction/ports.ts'
import type { KeptKeys } from './keys.ts'
import type { Lookups } from './lookups.ts'

export type MessageFacts = Omit<MessageQuestion, 'octets'> & {
  /** Milliseconds since 1970: by then signatures may have expired. */
  readonly at: number
}

export interface MessageParts {
  readonly lookups: Lookups
  readonly keys: KeptKeys
}

export interface Signatures {
  readonly dkim: readonly DkimSignature[]
  readonly unchecked: number
  /** After DMARC has had its queries. */
  arc(): Promise<Arc>
}
