/** Evidence that says nothing: what tests start from. */
import type { MessageEvidence } from '../../src/policy/authentication/evidence.ts'

export const uncheckedMessage: MessageEvidence = {
  dkim: [],
  unchecked: 0,
  dmarc: { result: 'none', policy: null, domain: null, organisation: null, spfAligned: false, detail: '' },
  arc: { result: 'none', instance: 0, sealer: null, dmarc: null, detail: '' },
  names: [],
  queries: 0,
}
