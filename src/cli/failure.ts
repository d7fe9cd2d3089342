/** An end of a command that is the operator's to mend: its message is printed as it stands, without a stack. */
export const exits = { failure: 1, usage: 64, software: 70, configuration: 78 } as const

export class Failure extends Error {
  override readonly name = 'Failure'
  readonly exit: number
  constructor(message: string, exit: number = exits.failure) {
    super(message)
    this.exit = exit
  }
}
