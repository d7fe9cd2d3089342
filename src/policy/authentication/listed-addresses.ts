/**
 * The addresses in a list such as that of To (RFC 5322 3.4): what stands in angle brackets, else the whole of an element.
 * Comments, display names and the names of groups are passed over. Not strict and not for From: what is no address here is
 * looked up and not found. One pass, each character looked at once.
 */

interface State {
  quoted: boolean
  comment: number
  angle: boolean
  plain: string
  bracketed: string | null
}

/** In the order they stand, as written but for white space at their ends. May be empty strings or no addresses at all. */
export function* listedAddresses(list: string): Generator<string> {
  const state: State = { quoted: false, comment: 0, angle: false, plain: '', bracketed: null }
  for (let i = 0; i < list.length; i++) {
    const c = list[i]!
    if (c === '\\' && (state.quoted || state.comment > 0)) {
      put(state, c + (list[++i] ?? ''))
    } else if (state.comment > 0 || (c === '(' && !state.quoted)) {
      state.comment += c === '(' ? 1 : c === ')' ? -1 : 0
    } else if (state.quoted || c === '"') {
      if (c === '"') state.quoted = !state.quoted
      put(state, c)
    } else if ((c === ',' || c === ';') && !state.angle) {
      yield take(state)
    } else step(state, c)
  }
  yield take(state)
}

/** What is neither quoted nor in a comment and ends no element. */
function step(state: State, c: string): void {
  if (c === '<') {
    state.angle = true
    state.bracketed = ''
  } else if (c === '>') state.angle = false
  else if (c === ':' && !state.angle) state.plain = ''
  else put(state, c)
}

function put(state: State, text: string): void {
  if (state.comment > 0) return
  if (state.angle) state.bracketed += text
  else state.plain += text
}

function take(state: State): string {
  const address = (state.bracketed ?? state.plain).trim()
  state.plain = ''
  state.bracketed = null
  return address
}
