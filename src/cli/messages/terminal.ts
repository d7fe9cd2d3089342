/** The person at the terminal: a question, and Ctrl-C, which is heard once and left to the system the second time. */
import { createInterface } from 'node:readline/promises'
import { usage } from './filter.ts'

export async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) throw usage(`${question} Nobody is there to ask: say --yes.`)
  const asked = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^y(?:es)?$/i.test((await asked.question(`${question} [y/N] `)).trim())
  } catch {
    // Ctrl-C or the end of input.
    return false
  } finally {
    asked.close()
  }
}

/** Listens from the first question on. */
export function listenForInterrupt(): () => boolean {
  let heard: boolean | null = null
  return () => {
    if (heard === null) {
      heard = false
      process.once('SIGINT', () => {
        heard = true
      })
    }
    return heard
  }
}
