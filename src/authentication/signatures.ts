/**
 * The signatures of one message: DKIM and ARC fields found, the few that are checked verified over header and body, the others
 * accounted for. What can't be looked into within bounds is `permerror`, and cheap.
 */
import type { Arc } from '../policy/authentication/evidence.ts'
import { checkArc, failed, noArc } from './arc.ts'
import { bounds } from './bounds.ts'
import { describeSignature, unread, whyNoneCounts } from './dkim.ts'
import type { MessageFacts, MessageParts, Signatures } from './facts.ts'
import { isTooLong, type SignatureRows, signatureRows } from './fields.ts'
import { readHead } from './head.ts'
import type { HeaderRow } from './mailauth.ts'
import type { Opening, Pieces } from './opening.ts'
import { beginVerification, type Verification } from './verifier.ts'

interface Reading {
  readonly opening: Opening
  readonly pieces: Pieces
  readonly parts: MessageParts
}

/** Null where the header section is too large to be looked into. */
export async function checkSignatures(facts: MessageFacts, { opening, pieces, parts }: Reading): Promise<Signatures | null> {
  const head = opening.complete ? readHead(opening.head) : null
  if (head === null) return null
  const rows = signatureRows(head.parsed, facts.author)
  const arc = isChainReadable(rows.arc) ? rows.arc : []
  const readable = rows.dkim.filter(row => !isTooLong(row))
  const verification = await beginVerification(head, [...readable, ...arc], {
    resolve: parts.lookups.resolve,
    keys: parts.keys,
    at: facts.at,
  })
  askForKeys(verification)
  if (!verification.bodiless) await readBody(verification, opening, pieces)
  await verification.end()
  const whyNot = whyNoneCounts(head.parsed, { subjects: facts.subjects, wellFormed: head.wellFormed })
  const { signatures, results } = verification
  const described = new Map(readable.map((row, i) => [row, describeSignature(signatures[i]!, results[i]!, whyNot)]))
  return {
    dkim: rows.dkim.map(row => described.get(row) ?? unread('signature field too long')),
    unchecked: rows.unchecked,
    arc: () => (arc === rows.arc ? checkArc(verification, { rows: arc, whyNot }) : Promise.resolve(unreadChain(rows))),
  }
}

const mostArcFields = 150

const isChainReadable = (rows: readonly HeaderRow[]): boolean => rows.length <= mostArcFields && !rows.some(isTooLong)

const unreadChain = ({ arc }: SignatureRows): Arc => ({
  ...failed(arc),
  detail: arc.length > mostArcFields ? 'more than 50 ARC sets' : 'ARC field too long',
})

/** All at once, and while the body is being read. mailauth asks for them one after the other. */
function askForKeys({ signatures, keys }: Verification): void {
  for (const { type, selector, signingDomain, hashAlgo, invalid, skip } of signatures) {
    if (invalid !== undefined || skip !== undefined || hashAlgo !== 'sha256') continue
    keys.get(type, `${selector}._domainkey.${signingDomain}`, undefined, { hashAlgo }).catch(() => {})
  }
}

async function readBody(verification: Verification, { rest, lineEnds }: Opening, pieces: Pieces): Promise<void> {
  verification.body(rest)
  for (let piece = await pieces(); piece !== null; piece = await pieces()) verification.body(lineEnds(piece))
}

/** Of a header section that is too large: what the part says that was read. */
export function unreadable(head: Buffer): Signatures {
  const text = head.toString('latin1')
  const count = text.match(/^dkim-signature[ \t]*:/gim)?.length ?? 0
  const checked = Math.min(count, bounds.signatures)
  const detail = 'the header section is too large'
  const chain = /^arc-(?:seal|message-signature|authentication-results)[ \t]*:/im.test(text)
  return {
    dkim: Array.from({ length: checked }, () => unread(detail)),
    unchecked: count - checked,
    arc: async () => (chain ? { ...noArc, result: 'fail', detail } : noArc),
  }
}
