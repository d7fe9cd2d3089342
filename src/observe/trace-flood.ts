/**
 * Which transactions of this minute are kept singly and which are only counted, per network and reason. When more networks
 * come than are remembered, the new ones are counted together as 'others': a minute costs bounded memory, whoever comes.
 * Called tens of thousands of times a second in a flood: the counting path must not allocate.
 */
import { createBoundedMap } from '../lib/bounded-map.ts'
import type { TransactionRow } from '../transaction/ports.ts'
import { boundedRow, boundedText, MOST_ADDRESS } from './trace-row.ts'

/** What became of the counted ones of one network and reason in one minute. */
export interface Group {
  readonly network: string
  /** The first of them, with `count` and the last recipients; the client is the network where there were several. */
  readonly row: TransactionRow
}

export interface Flood {
  /** Whether `row` is to be kept singly; if not it has been counted. With `room` false nothing is kept singly. */
  isSingle(network: string, row: TransactionRow, room: boolean): boolean
  /** Ends the minute: what was counted, and begins again. */
  end(): Group[]
}

interface Count {
  seen: number
  counted: number
  /** The first that was counted. */
  first: TransactionRow | null
  sameClient: boolean
  readonly recipients: string[]
}

const OTHERS = 'others'
const MOST_NETWORKS = 10_000
/** The last recipients are kept as samples. */
const SAMPLES = 5

/** `threshold` per network and reason are single in each minute. */
export function createFlood(threshold: number): Flood {
  const networks = createBoundedMap<string, Map<string, Count>>(MOST_NETWORKS + 1)

  const countOf = (network: string, row: TransactionRow) => {
    const known = networks.peek(network)
    const key = known !== undefined || networks.size < MOST_NETWORKS ? network : OTHERS
    const counts = known ?? networks.peek(key) ?? new Map<string, Count>()
    if (counts.size === 0) networks.set(key, counts)
    const reason = row.reason ?? row.verdict
    const count = counts.get(reason) ?? { seen: 0, counted: 0, first: null, sameClient: true, recipients: [] }
    if (count.seen === 0) counts.set(reason, count)
    return count
  }
  return {
    isSingle(network, row, room) {
      const count = countOf(network, row)
      if (count.seen++ < threshold && room) return true
      add(count, row)
      return false
    },
    end() {
      const groups: Group[] = []
      for (const [network, counts] of networks.entries()) {
        for (const count of counts.values()) if (count.first) groups.push({ network, row: rowOf(network, count, count.first) })
      }
      networks.clear()
      return groups
    },
  }
}

function add(count: Count, row: TransactionRow): void {
  if (count.first === null) count.first = { ...boundedRow(row), recipients: [] }
  else if (count.first.client !== row.client) count.sameClient = false
  const recipient = row.recipients.at(-1)
  if (recipient !== undefined) count.recipients[count.counted % SAMPLES] = recipient
  count.counted++
}

function rowOf(network: string, count: Count, first: TransactionRow): TransactionRow {
  return {
    ...first,
    client: count.sameClient ? first.client : network,
    recipients: count.recipients.map(recipient => boundedText(recipient, MOST_ADDRESS)),
    count: count.counted,
  }
}
