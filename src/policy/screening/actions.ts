/**
 * What is done about findings: the operator's settings, per route, turn them into a verdict. What the envelope tells is
 * answered at RCPT to origin peers and at end of data to relay peers, who never hear a 5yz for it (a bounce would hurt a
 * third party; and Postfix probes recipients with a null reverse-path). Decides for one recipient; looks at no field itself.
 */
import type { ReversePath } from '../../mail/envelope.ts'
import { accept, afterRcpt, discard, type Peer, reject, type Verdict } from '../verdict.ts'
import { envelopeFindings, type Finding } from './findings.ts'
import { machineOf } from './machine.ts'

/** What is done about one class of findings. `tag` and `ignore` let it in. */
export type Action = 'reject' | 'discard' | 'tag' | 'ignore'

export interface ScreeningSettings {
  /** What machines give away themselves. */
  readonly automatic: Action
  /** What the reverse-path gives away: `<>` and mailer-daemon@. `accept` is for routes that ask for bounces. */
  readonly 'null-reverse-path': 'refuse' | 'accept'
  /** Vacation notices that only their habits give away. Absent: `ignore`, and then they are not looked for. */
  readonly vacation?: Action
  /** The route is for bounces: they pass, and so does the null reverse-path. Other automatic mail is judged as everywhere. */
  readonly bounces?: boolean
}

/** RCPT: the answer about the sender, once the recipient is known to be good. A relay peer is always told yes here. */
export function screenEnvelope(sender: ReversePath, settings: ScreeningSettings, peer: Peer): Verdict {
  return peer === 'origin' && refusesSender(sender, settings) ? reject('message.automatic') : accept
}

/** End of data, after `examine`. `sender` is looked at again, for peers that got no answer about it at RCPT. */
export function screenMessage(
  findings: readonly Finding[],
  { sender, settings, peer }: { readonly sender: ReversePath; readonly settings: ScreeningSettings; readonly peer: Peer },
): Verdict {
  if (findings.some(finding => finding.class === 'loop')) return afterRcpt(reject('message.loop'), peer)
  if (refusesSender(sender, settings)) return afterRcpt(reject('message.automatic'), peer)
  if (settings.bounces === true && machineOf({ findings, sender }) === 'bounce') return accept
  const about = (name: Finding['class'], action: Action): Verdict =>
    findings.some(finding => finding.class === name) ? act(action, peer) : accept
  const verdict = about('automatic', settings.automatic)
  return verdict.kind === 'accept' ? about('vacation', settings.vacation ?? 'ignore') : verdict
}

function act(action: Action, peer: Peer): Verdict {
  if (action === 'discard') return discard('message.automatic')
  return action === 'reject' ? afterRcpt(reject('message.automatic'), peer) : accept
}

const refusesSender = (sender: ReversePath, settings: ScreeningSettings): boolean =>
  settings['null-reverse-path'] === 'refuse' &&
  settings.bounces !== true &&
  envelopeFindings(sender).some(finding => finding.class === 'automatic')
