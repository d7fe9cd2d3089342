/**
 * A refusal of an HTTP request: status (RFC 9110 15), a message for whoever sent it, and facts such as what was found and
 * what is allowed. Thrown by handlers, rendered as JSON or as a page. Its message must never carry what is for the log.
 */
export type ProblemStatus = 400 | 401 | 403 | 404 | 405 | 409 | 410 | 413 | 415 | 421 | 500 | 503

export class Problem extends Error {
  override readonly name = 'Problem'
  readonly status: ProblemStatus
  readonly facts: Readonly<Record<string, unknown>>
  constructor(status: ProblemStatus, message: string, facts: Readonly<Record<string, unknown>> = {}) {
    super(message)
    this.status = status
    this.facts = facts
  }
}

/** The JSON form of every error: `{ error: { message, … } }`. */
export const problemBody = (problem: Problem) => ({ error: { message: problem.message, ...problem.facts } })
