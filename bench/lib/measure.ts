/**
 * One measurement: warm up, send for about so many seconds, read the processor time meanwhile. Keeps count of what a
 * subject has answered 250 to, and demands at the end that it holds exactly that much: a repeat, or a loss, fails the run.
 */
import type { Subject } from '../subjects/subject.ts'
import { processorTime, untilIdle } from './process.ts'
import { send } from './source.ts'

export interface Measurement {
  /** Messages a second. */
  readonly rate: number
  readonly messages: number
  /** Milliseconds of processor time that the subject used for a message. */
  readonly processor: number
}

export interface Measured {
  readonly subject: Subject
  /** Starts with a short run, so that code and files are warm and the length of a measurement can be told. */
  warm(sessions: number, octets: number): Promise<void>
  measure(sessions: number, octets: number): Promise<Measurement>
  /** Throws where the subject doesn't hold what it accepted. */
  verify(): Promise<void>
}

/** Disk that one measurement may fill. */
const mostOctets = 1_000_000_000

/** `file`: a whole message to send instead of one that smtp-source makes. */
export function measured(name: string, subject: Subject, { seconds, file }: { seconds: number; file?: string }): Measured {
  let accepted = 0
  let runs = 0
  let rate = 0
  const run = async (sessions: number, octets: number, length: number): Promise<Measurement> => {
    const wanted = Math.max(sessions * 4, Math.round(rate * length))
    const messages = Math.max(sessions, Math.min(wanted, Math.floor(mostOctets / octets)))
    const before = processorTime(subject.processes())
    const took = await send(subject, {
      sessions,
      messages,
      octets,
      ...(file === undefined ? {} : { file, recipient: `r${++runs}${subject.recipient}` }),
    })
    accepted += messages
    rate = messages / took
    return { rate, messages, processor: (processorTime(subject.processes()) - before) / messages }
  }
  return {
    subject,
    async warm(sessions, octets) {
      rate = 0
      await run(sessions, octets, 0)
      await run(sessions, octets, seconds / 4)
      await run(sessions, octets, seconds / 2)
    },
    async measure(sessions, octets) {
      const measurement = await run(sessions, octets, seconds)
      await untilIdle(subject.processes)
      return measurement
    },
    async verify() {
      const held = await subject.stored?.()
      const wrong = held !== undefined && (subject.addsOwn === true ? held < accepted : held !== accepted)
      if (wrong) throw new Error(`${name} answered 250 to ${accepted} messages and holds ${held}`)
    },
  }
}
