/** What the commands of `postern messages` have from outside: where they print, whom they ask, when they stop. */
import type { MessagesDesk } from './desk.ts'

export interface Commands {
  /** The running server, or the spool. Its own errors pass through. */
  open(): Promise<MessagesDesk>
  /** To standard output, with a line feed. */
  print(text: string): void
  /** To standard error, with a line feed. */
  warn(text: string): void
  /** Whether a person is looking. */
  readonly terminal: boolean
  /** Asks a person yes or no. Throws a Failure where none is there. */
  confirm(question: string): Promise<boolean>
  /** Whether the person wants it to end. */
  interrupted(): boolean
  now(): number
}
