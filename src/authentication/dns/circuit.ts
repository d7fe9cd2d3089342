/**
 * Whether a server is worth asking. After several exchanges in a row without an answer it is asked something that any server can
 * answer at once, because slow names may be a stranger's choice; if that goes unanswered too it counts as down. While it is down
 * it is asked that again now and then, when somebody wants an answer, and is up at the first one. Doesn't know what an exchange is.
 */
export interface CircuitOptions {
  /** Whether the server answers: never rejects. */
  readonly probe: () => Promise<boolean>
  readonly clock: () => number
  readonly changed: (up: boolean) => void
}

export interface Circuit {
  up(): boolean
  /** What became of an exchange. */
  told(answered: boolean): void
  /** While it is down: starts a probe if it is time for one, and waits for it a moment. */
  revive(): Promise<void>
  /** Whether a probe is to be started now. Starts it. */
  probeIfDue(): void
}

const SILENCES = 3
const BETWEEN_PROBES = 1_000
/** How long, from its start, a probe is waited for: a server that is back answers within that. */
const PATIENCE = 100

export function createCircuit({ probe, clock, changed }: CircuitOptions): Circuit {
  const state = { up: true, silences: 0, probed: Number.NEGATIVE_INFINITY }
  /** While a probe is: over when that is, or when nobody should wait for it any more. */
  let underWay: Promise<void> | null = null

  function turn(up: boolean): void {
    if (up) state.silences = 0
    if (state.up === up) return
    state.up = up
    changed(up)
  }

  function start(): void {
    if (underWay !== null) return
    state.probed = clock()
    const answered = probe().then(up => {
      underWay = null
      turn(up)
    })
    underWay = Promise.race([answered, after(PATIENCE)])
  }

  function probeIfDue(): void {
    // A clock that was set back must not put the next probe off.
    if (!state.up && Math.abs(clock() - state.probed) >= BETWEEN_PROBES) start()
  }

  return {
    up: () => state.up,
    told(answered) {
      if (answered) return turn(true)
      state.silences += 1
      if (state.up && state.silences >= SILENCES) start()
    },
    probeIfDue,
    async revive() {
      probeIfDue()
      await underWay
    },
  }
}

const after = (time: number) => new Promise<void>(resolve => setTimeout(resolve, time).unref())
