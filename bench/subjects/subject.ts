/**
 * What a benchmark runs against: one server, started with a folder of its own and, perhaps, a slower flush. All subjects are
 * loaded by the same program with the same words; only port, protocol and recipient differ.
 */
export interface Place {
  /** Exists, empty, absolute, and may be entered by other users. */
  readonly folder: string
  /** Added to the server's environment: LD_PRELOAD for the slowed run. */
  readonly environment: Readonly<Record<string, string>>
}

export interface Subject {
  readonly port: number
  readonly protocol: 'smtp' | 'lmtp'
  /** Accepted by this subject. */
  readonly recipient: string
  /** Processes to be charged for what it does. */
  processes(): readonly number[]
  /** Messages it holds, where it keeps any that can be counted. */
  stored?(): Promise<number>
  /** It may keep messages of its own making beside them, as Postfix does with its notices. */
  readonly addsOwn?: true
  stop(): Promise<void>
}

export type StartSubject = (place: Place) => Promise<Subject>
