/**
 * The load: Postfix's smtp-source. It doesn't pipeline (four round trips a message), reuses its connections (-d), gives
 * each message a Message-ID of its own, and ends with an error at the first reply that is not the expected one.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { findProgram, needService } from '../../test/support/services.ts'
import type { Subject } from '../subjects/subject.ts'

export interface Load {
  readonly sessions: number
  readonly messages: number
  /** Octets of each, without the header that smtp-source adds. */
  readonly octets: number
  /** A whole message to send instead, each time to another recipient: a number stands before the local part. */
  readonly file?: string
  /** In place of the subject's: the numbers begin anew in each run. */
  readonly recipient?: string
}

/** Sends `messages` and returns how many seconds that took. Throws where one was not accepted. */
export async function send(subject: Subject, { sessions, messages, octets, file, recipient = subject.recipient }: Load): Promise<number> {
  needService('smtp-source')
  const args = ['-d', '-s', String(sessions), '-m', String(messages), '-M', 'client.example.net']
  args.push(...(file === undefined ? ['-l', String(octets)] : ['-N', '-F', file]))
  if (subject.protocol === 'lmtp') args.push('-L')
  args.push('-f', 'person@example.net', '-t', recipient, `127.0.0.1:${subject.port}`)
  const began = performance.now()
  const { stderr } = await promisify(execFile)(findProgram('smtp-source')!, args, { timeout: 120_000 })
  const seconds = (performance.now() - began) / 1_000
  // It reports some troubles as warnings and goes on.
  if (stderr.trim() !== '') throw new Error(`smtp-source: ${stderr.trim().split('\n')[0]}`)
  return seconds
}
