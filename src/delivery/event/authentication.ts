/**
 * Who wrote the message, as the event tells it: the answer of the checks without what is of use to Postern alone (details,
 * counts of queries), times written out. It must decide nothing, and throw for no time that a stranger wrote.
 */
import type { Authentication } from '../../policy/authentication/answer.ts'
import type { Delivery } from '../../transaction/ports.ts'
import type { EventAuthentication, EventSignature } from './types.ts'

export function authenticationOf({ authentication, recipient }: Delivery): EventAuthentication | null {
  if (authentication === null) return null
  const { mailFrom, dkim, arc, forwarder, unknown, unsigned, signedRecipients, signatureAge } = authentication
  return {
    from: fromOf(authentication),
    mailFrom: { address: mailFrom.address, authenticated: mailFrom.authenticated },
    spf: spfOf(authentication),
    dkim: dkim.map(signatureOf),
    dmarc: dmarcOf(authentication),
    arc: { result: arc.result, instance: arc.instance, sealer: arc.sealer },
    ...(forwarder === undefined ? {} : { forwarder }),
    ...(unknown === undefined ? {} : { unknown }),
    unsigned,
    recipientSigned: signedRecipients.includes(recipient),
    signatureAge: signatureAge === null ? null : Math.trunc(signatureAge / 1_000),
  }
}

const fromOf = ({ from: { address, domain, authenticated, problem, how, through } }: Authentication): EventAuthentication['from'] => ({
  address,
  domain,
  authenticated,
  ...(problem === undefined ? {} : { problem }),
  how,
  ...(through === undefined ? {} : { through }),
})

const spfOf = ({ spf: { result, identity, domain, everybody } }: Authentication): EventAuthentication['spf'] => ({
  result,
  identity,
  domain,
  ...(everybody === undefined ? {} : { everybody }),
})

const dmarcOf = ({ dmarc: { result, policy, domain, override } }: Authentication): EventAuthentication['dmarc'] => ({
  result,
  policy,
  domain,
  ...(override === undefined ? {} : { override }),
})

const signatureOf = ({ result, domain, selector, aligned, signed, expires }: Authentication['dkim'][number]): EventSignature => ({
  result,
  domain,
  selector,
  aligned,
  signed: isoOrNull(signed),
  expires: isoOrNull(expires),
})

/** A time that a stranger wrote may be none. */
const isoOrNull = (at: number | null): string | null => (at === null || Math.abs(at) > 8.64e15 ? null : new Date(at).toISOString())
