/** What an application wrote, to be kept with the delivery and shown to people: several lines of bounded length that no terminal obeys. */
import type { Outcome } from '../transaction/ports.ts'

/** Characters of each end that are kept. */
export const keptOfEnds = 4 * 1024

/** Control characters but line feed and tab, and what hides text or turns its direction. Tabs may stand in output. */
const unfit = /[^\P{Cc}\n\t]|[\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/** Its first and its last characters, with a note on what is left out between them. Empty where it says nothing. */
export function answerText(text: string): string {
  const cleaned = (part: string): string => part.replace(/\r\n?/g, '\n').replace(unfit, '')
  const left = text.length - 2 * keptOfEnds
  if (left <= 0) return cleaned(text).trim()
  return `${cleaned(text.slice(0, keptOfEnds)).trimStart()}\n[${left} characters]\n${cleaned(text.slice(-keptOfEnds)).trimEnd()}`
}

/** The outcome with what was written, where that says anything. */
export function withAnswer(outcome: Outcome, text: string): Outcome {
  const answer = answerText(text)
  return answer === '' ? outcome : { ...outcome, answer }
}
