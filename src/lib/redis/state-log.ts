/**
 * What the log is told of a Redis server: changes, never single questions. Down once for each cause, up once, each kind of
 * refused question once while the connection lasts: strangers choose what is asked, and must not fill the log.
 */

/** As far as it is needed here: the application's log fits. */
export interface StateLines {
  info(fields: object, text: string): void
  error(fields: object, text: string): void
}

/** What the lines say, for people. */
export interface StateTexts {
  readonly down: string
  readonly up: string
  readonly refused: string
}

export interface StateLog {
  down(cause: string): void
  up(): void
  /** The server is well but refuses this question. */
  refused(cause: string): void
}

/** `fields` say which server, for people, and stand in every line. */
export function createStateLog(fields: object, texts: StateTexts, log: StateLines): StateLog {
  const causes = new Set<string>()
  const refusals = new Set<string>()
  return {
    down(cause) {
      if (!causes.has(cause)) log.error({ ...fields, cause }, texts.down)
      causes.add(cause)
    },
    up() {
      if (causes.size > 0) log.info({ ...fields }, texts.up)
      causes.clear()
      refusals.clear()
    },
    refused(cause) {
      const code = errorCode(cause)
      if (!refusals.has(code)) log.error({ ...fields, cause }, texts.refused)
      refusals.add(code)
    },
  }
}

/** Redis before 7 wraps what a command within a script says, and all of them say in words that a script may not do something. */
const withinScript = /^ERR Error (?:running|compiling) script .*?@user_script: ?\d+: -?/s
const mayNot = /^(?:ERR )?The user executing the script can't /

/** The first word of what Redis says of an error: WRONGTYPE, LOADING, ERR … */
export function errorCode(text: string): string {
  const said = text.replace(withinScript, '')
  return mayNot.test(said) ? 'NOPERM' : said.split(' ', 1)[0]!
}
