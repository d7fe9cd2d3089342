/**
 * `postern keys mint`: an address with a fresh signed key in it, as an application would print it (docs/signed-keys.md).
 */
import { parseInstant } from '../../keys/instant.ts'
import { mintSignedKey } from '../../keys/signed.ts'
import { type KeysDeps, type SignedPlace, signedPlace, usageError } from './config.ts'

export interface MintArguments {
  readonly mailbox: string
  readonly route: string
  readonly subject: string
  readonly expires?: string
  readonly sender?: string
  readonly json?: true
}

/** What is printed with --json. `expires` is RFC 3339 or null; `messageId` stands only with a dedicated address. */
export interface Minted {
  readonly address: string
  readonly key: string
  readonly expires: string | null
  readonly messageId?: string
}

/** RFC 5321 4.5.3.1.1; we accept longer ones, others on the way may not. */
const maxLocalPart = 64

export async function mintCommand(deps: KeysDeps, args: MintArguments): Promise<void> {
  const place = signedPlace(await deps.load(), args.mailbox, args.route)
  const minted = mint(place, args, deps.now())
  const printed = minted.messageId ?? minted.address
  const octets = Buffer.byteLength(printed.slice(0, printed.lastIndexOf('@')))
  if (octets > maxLocalPart)
    deps.warn(`Note: its local part has ${octets} octets; some servers refuse more than ${maxLocalPart}. A shorter subject helps.`)
  deps.print(args.json ? JSON.stringify(minted) : printed)
}

export function mint({ mailbox, route, current }: SignedPlace, args: MintArguments, now: number): Minted {
  const expires = args.expires === undefined ? {} : { expires: wholeSecond(parseExpiry(args.expires, now)) }
  const key = orUsage(() =>
    mintSignedKey({
      secret: current.octets,
      keyId: current.id,
      mailbox: mailbox.name,
      route: route.name,
      subject: args.subject,
      ...expires,
      ...(args.sender === undefined ? {} : { sender: args.sender }),
    }),
  )
  const filled = {
    address: mailbox.address.replace('%{key}', key),
    key,
    expires: expires.expires === undefined ? null : rfc3339(expires.expires),
  }
  return mailbox.references === undefined ? filled : { ...filled, messageId: mailbox.references.replace('%{key}', key) }
}

const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** A duration from now (`90s 10m 12h 30d`), or a time (RFC 3339, or a date in UTC); in milliseconds since 1970. */
function parseExpiry(text: string, now: number): number {
  const duration = /^(\d{1,9})([smhd])$/.exec(text)
  const at = duration === null ? parseInstant(text) : now + Number(duration[1]) * unitMs[duration[2]!]!
  if (at === null) throw usageError(`“${text}” is no expiry: write a duration such as 30d or 12h, or a time such as 2027-01-01T00:00:00Z.`)
  if (at <= now) throw usageError(`“${text}” is not in the future.`)
  return at
}

const wholeSecond = (at: number): number => Math.ceil(at / 1000) * 1000
const rfc3339 = (at: number): string => new Date(at).toISOString().replace('.000Z', 'Z')

function orUsage<T>(make: () => T): T {
  try {
    return make()
  } catch (error) {
    if (error instanceof RangeError) throw usageError(`${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}.`)
    throw error
  }
}
