/** Verdicts as replies. The transaction's id stands in each, so that whoever reads the reply can find the trace. */
import { accepted } from '../mail/replies.ts'
import { type Reply, withText } from '../mail/reply.ts'
import { refusal, type Verdict } from '../policy/verdict.ts'

/** After the data: accepted, held and discarded are one answer, since the peer is not told which. */
export const dataReply = (verdict: Verdict, id: string): Reply => withText(refusal(verdict) ?? accepted, id)
