/**
 * Who gave a message to the host that wrote a Received field: the from clause with its TCP-info (RFC 5321 4.4) as the mail servers
 * of the field write it. The address is taken from what the writer saw, never from what the client said of itself; where the
 * two can't be told apart there is none. Whether the writer may be believed is the caller's affair.
 */
import { parseIpAddress } from './ip-address.ts'
import { type Token, tokenize } from './tokens.ts'

export interface ReceivedFrom {
  readonly address: string | null
  /** By reverse look-up, as the writer gives it; null where it found none, or one that it doubts. */
  readonly name: string | null
  /** What the client said in HELO or EHLO, at most 255 characters. */
  readonly helo: string | null
}

const longest = 4096

/** `value` is unfolded. Null where there is no from clause: the message began at that host. Never throws. */
export function clientOfReceived(value: string): ReceivedFrom | null {
  const { tokens, whole } = tokenize(value.slice(0, longest))
  const words = wordsOf(tokens)
  if (words[0]?.comment !== false || words[0].text.toLowerCase() !== 'from') return null
  const by = words.findIndex(({ comment, text }, index) => index > 1 && !comment && text.toLowerCase() === 'by')
  const clause = by < 0 ? words.slice(1) : words.slice(1, by)
  const first = clause[0]
  if (first === undefined || first.comment) return { address: null, name: null, helo: null }
  const comments = clause.filter(({ comment }) => comment).map(({ text }) => readComment(text))
  const addresses = comments.filter(({ address }) => address !== null)
  // Two addresses, or a comment without its end: the client's own words may have opened or closed one.
  return addresses.length > 1 || !whole ? { address: null, name: null, helo: said(first) } : told(first, comments)
}

/** Comments without their parentheses; all else that stands without white space between is one word. */
interface Word {
  readonly comment: boolean
  readonly text: string
}

function wordsOf(tokens: readonly Token[]): Word[] {
  const words: Word[] = []
  let open = ''
  const close = (): void => {
    if (open !== '') words.push({ comment: false, text: open })
    open = ''
  }
  for (const { kind, text, content } of tokens) {
    if (kind === 'space' || kind === 'comment') close()
    else open += text
    if (kind === 'comment') words.push({ comment: true, text: content.trim() })
  }
  close()
  return words
}

interface Comment {
  readonly address: string | null
  readonly name: string | null
  /** The comment says what the client said; so the word before it is not that. */
  readonly helo: string | null
}

const nothing: Comment = { address: null, name: null, helo: null }

function told(first: Word, comments: readonly Comment[]): ReceivedFrom {
  const info = comments.find(({ address }) => address !== null)
  const helo = comments.find(comment => comment.helo !== null)?.helo ?? null
  if (info !== undefined)
    return { address: info.address, name: info.name ?? (helo === null ? null : hostName(first.text)), helo: helo ?? said(first) }
  // Exim and CommuniGate without a name: the address stands first, and what the client said behind it.
  if (helo !== null) return { address: parseIpAddress(first.text.replace(/^\[(.*)\]$/, '$1')), name: hostName(first.text), helo }
  return { address: null, name: null, helo: said(first) }
}

const said = ({ text }: Word): string => text.slice(0, 255)

/** `name [address]`, `user@name [address]:port`, `[address] helo=…`; the address may be marked as IPv6. */
const bracketed = /^(?:(\S+)[ \t]+)?\[([^\][\s]{2,50})\](?::\d{1,5})?((?:[ \t]+[a-z]+=\S*)*)([ \t]+\(may be forged\))?$/i
/** Exchange, qmail: `address` or `user@address`. */
const alone = /^(?:[^\s@]{1,64}@)?([0-9A-Fa-f:.]{2,50})$/
/** Exim: `port=25 helo=…`. */
const pairs = /^[a-z]+=\S*(?:[ \t]+[a-z]+=\S*)*$/i
/** qmail, CommuniGate, Yahoo: `HELO name`. */
const greeted = /^(?:account \S+ )?(?:HELO|EHLO)[ \t]+(\S+)$/i

function readComment(text: string): Comment {
  if (text.length > 1000) return nothing
  // First: `HELO [192.0.2.1]` is what the client says, and looks like a name with an address.
  const helo = greeted.exec(text)?.[1]
  if (helo !== undefined) return { ...nothing, helo: helo.slice(0, 255) }
  const info = bracketed.exec(text)
  if (info !== null) {
    const name = info[4] === undefined ? hostName(info[1]?.replace(/^.*@/, '') ?? '') : null
    return { address: parseIpAddress(info[2]!), name, helo: heloOf(info[3]!) }
  }
  const address = alone.exec(text)?.[1]
  if (address !== undefined) return { ...nothing, address: parseIpAddress(address) }
  return pairs.test(text) ? { ...nothing, helo: heloOf(text) } : nothing
}

const heloOf = (text: string): string | null => /(?:^|[ \t])helo=(\S+)/i.exec(text)?.[1]?.slice(0, 255) ?? null

/** Without its final dot; null for `unknown` and for what is no name. */
function hostName(text: string): string | null {
  const name = text.replace(/\.$/, '')
  return /^[A-Za-z0-9_.-]{1,255}$/.test(name) && parseIpAddress(name) === null && name.toLowerCase() !== 'unknown' ? name : null
}
