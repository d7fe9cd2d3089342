/** What an application wrote, to be kept with the delivery and shown to people: several lines of bounded length that no terminal obeys. */
import type { Outcome } from '../transaction/ports.ts'

/** Characters of each end that are kept, and so many more where that spares a note: what has one already is left alone. */
export const keptOfEnds = 4 * 1024
export const spare = 100

/** Control characters but line feed and tab, and what hides text or turns its direction. Tabs may stand in output. */
const unfit = /[^\P{Cc}\n\t]|[\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/** Its first and its last characters, with a note on what is left out between them; the same when it is done again. Empty where it says nothing. */
export function answerText(text: string, ends = keptOfEnds): string {
  const cleaned = (part: string): string => part.replace(/\r\n?/g, '\n').replace(unfit, '')
  const left = text.length - 2 * ends
  if (left <= spare) return cleaned(text).trim()
  return `${cleaned(text.slice(0, ends))}\n[${left} characters]\n${cleaned(text.slice(-ends))}`.trim()
}

/** Of mail that was taken there is much, and what is said of it is seldom read. */
const keptOfTaken = 512

/** The outcome with what was written, where that says anything. */
export function withAnswer(outcome: Outcome, text: string): Outcome {
  const answer = answerText(text, outcome.kind === 'delivered' ? keptOfTaken : keptOfEnds)
  return answer === '' ? outcome : { ...outcome, answer }
}
