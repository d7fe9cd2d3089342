/**
 * All that is checked of one message, in the order in which its DNS budget is spent: signatures, DMARC, the ARC chain, the client's
 * names. Questions are asked as soon as they are known; the body is read only where something signs it.
 */
import type { MessageEvidence } from '../policy/authentication/evidence.ts'
import { askAhead, checkDmarc } from './dmarc.ts'
import type { MessageFacts, MessageParts } from './facts.ts'
import { confirmedNames } from './names.ts'
import { type Pieces, readOpening } from './opening.ts'
import { checkSignatures, unreadable } from './signatures.ts'

export async function checkMessage(facts: MessageFacts, pieces: Pieces, parts: MessageParts): Promise<MessageEvidence> {
  const { lookups } = parts
  askAhead(facts.author, lookups)
  const opening = await readOpening(pieces)
  const found = (await checkSignatures(facts, { opening, pieces, parts })) ?? unreadable(opening.head)
  const { dmarc, dkim } = await checkDmarc({ author: facts.author, dkim: found.dkim, spf: facts.spf }, lookups)
  const arc = await found.arc()
  const wanted = facts.names && facts.client !== null && (dmarc.result === 'fail' || facts.spf.result === 'fail')
  const { names, temporary } = wanted ? await confirmedNames(facts.client, lookups) : { names: [], temporary: false }
  return { dkim, unchecked: found.unchecked, dmarc, arc, names, ...(temporary ? { namesTemporary: true } : {}), queries: lookups.used() }
}
