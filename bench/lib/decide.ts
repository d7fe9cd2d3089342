/** Runs the asking client (decide.c) once and reads what it reports. A wrong answer is an error, whoever gave it. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

export type Door = 'socketmap' | 'policy' | 'lmtp' | 'smtp'
export const doors: readonly Door[] = ['socketmap', 'policy', 'lmtp', 'smtp']

/** One run of decide.c. Times in microseconds; `client` is its share of one processor. */
export interface DecideResult {
  readonly seconds: number
  readonly good: number
  readonly unknown: number
  readonly deferred: number
  readonly wrong: number
  readonly p50: number
  readonly p99: number
  readonly longest: number
  readonly client: number
}

const fields = ['seconds', 'good', 'unknown', 'deferred', 'wrong', 'p50', 'p99', 'longest', 'client'] as const

/** Throws where `text` is not what decide.c prints, or where an answer was wrong. */
export function parseDecisions(text: string): DecideResult {
  const value: unknown = JSON.parse(text)
  for (const field of fields) {
    if (typeof (value as Record<string, unknown> | null)?.[field] !== 'number')
      throw new Error(`decide.c: no number ${field} in ${text.trim()}`)
  }
  const result = value as DecideResult
  if (result.wrong > 0) throw new Error(`${result.wrong} of ${answers(result)} answers were wrong`)
  return result
}

export const answers = ({ good, unknown, deferred }: DecideResult): number => good + unknown + deferred

export const decisionsPerSecond = (result: DecideResult): number => answers(result) / result.seconds

export interface Asking {
  readonly program: string
  readonly door: Door
  readonly port: number
  /** A file of questions. */
  readonly questions: string
  /** Connections, each with one question at a time. */
  readonly sessions: number
  readonly seconds: number
}

export async function askQuestions({ program, door, port, questions, sessions, seconds }: Asking): Promise<DecideResult> {
  const args = [door, String(port), String(sessions), String(seconds), questions]
  const { stdout } = await promisify(execFile)(program, args, { timeout: seconds * 1_000 + 40_000 })
  return parseDecisions(stdout)
}
