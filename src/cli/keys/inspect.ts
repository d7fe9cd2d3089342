/**
 * `postern keys inspect`: what a signed key says, and whether we would take it. Fields are shown even where the signature is
 * bad, since that is when somebody looks; `good` alone says whether they are true.
 */
import { type InspectedKey, inspectSignedKey, signedKeys } from '../../keys/signed.ts'
import { formatAddress, parseAddress } from '../../mail/address.ts'
import { compilePattern, matches, matchLocalPart } from '../../policy/recipient/pattern.ts'
import type { KeyCheck } from '../../transaction/ports.ts'
import { Failure } from '../failure.ts'
import { type KeysDeps, type SignedPlace, signedPlace, signedPlaces, usageError } from './config.ts'

export interface InspectArguments {
  readonly mailbox?: string
  readonly route?: string
  readonly sender?: string
  readonly json?: true
}

/** What is printed with --json. Everything from `keyId` on is absent where the text is no signed key (`problem`). */
export interface Inspection {
  readonly key: string
  readonly good: boolean
  readonly problem?: string
  readonly keyId?: number
  readonly subject?: string
  readonly expires?: string | null
  readonly expired?: boolean
  readonly senderHash?: string | null
  readonly signature?: 'good' | 'bad' | 'no secret with this key id'
  /** Where the signature is good. */
  readonly mailbox?: string
  readonly route?: string
  /** Of the sender that was asked about, where the signature is good: whether that sender may use the key. Anybody may use one that is not bound. */
  readonly senderMatches?: boolean
}

/** Throws a Failure with exit status 1 for a key that is not good, or not for the sender asked about, after printing. */
export async function inspectCommand(deps: KeysDeps, text: string, args: InspectArguments): Promise<void> {
  const config = await deps.load()
  if ((args.mailbox === undefined) !== (args.route === undefined)) throw usageError('--mailbox and --route go together.')
  const places = args.mailbox === undefined ? signedPlaces(config) : [signedPlace(config, args.mailbox, args.route!)]
  const asked = { at: deps.now(), ...(args.sender === undefined ? {} : { author: senderOf(args.sender) }) }
  const found = inspect(candidates(text, places), asked)
  deps.print(args.json ? JSON.stringify(found) : describe(found))
  if (!found.good) throw new Failure('The key is not good.')
  if (found.senderMatches === false) throw new Failure('The key is bound to another sender.')
}

function senderOf(text: string): string {
  const address = parseAddress(text)
  if (address === null) throw usageError(`“${text}” is no address: --sender takes one, such as ann@example.net.`)
  return formatAddress(address)
}

interface Asked {
  readonly at: number
  readonly author?: string
}

interface Candidates {
  readonly key: string
  readonly places: readonly SignedPlace[]
}

/** A bare key may belong anywhere; an address only to the mailboxes that it matches. */
function candidates(text: string, places: readonly SignedPlace[]): Candidates {
  if (!text.includes('@')) return { key: text, places }
  const address = parseAddress(text.replace(/^<(.*)>$/, '$1'))
  if (address === null) throw usageError(`“${text}” is neither a key nor an address.`)
  const matching = places.flatMap(place => {
    const pattern = compilePattern(place.mailbox.references ?? place.mailbox.address)
    if ('problem' in pattern || !matches(pattern, address)) return []
    return [{ place, key: matchLocalPart(pattern, address.localPart)! }]
  })
  if (matching.length === 0) throw usageError(`“${text}” matches no mailbox with signed keys.`)
  const key = matching[0]!.key
  return { key, places: matching.filter(match => match.key === key).map(match => match.place) }
}

const problems: Readonly<Record<Extract<InspectedKey, { problem: string }>['problem'], string>> = {
  length: 'no signed key has this length',
  alphabet: 'a character that is not of base32 (a-z, 2-7)',
  padding: 'the unused bits of the last character are not zero',
  version: 'of another version of the format, or no signed key',
  fields: 'its fields are not those of a signed key',
}

function inspect({ key, places }: Candidates, asked: Asked): Inspection {
  const fields = inspectSignedKey(key)
  if ('problem' in fields) return { key, good: false, problem: problems[fields.problem] }
  const signer = places.find(place => checkAt(place, key, asked).kind !== 'unknown')
  const expired = fields.expires !== null && asked.at >= fields.expires
  const known = places.some(({ secrets }) => secrets.some(({ id }) => Number(id) === fields.keyId))
  return {
    key,
    good: signer !== undefined && !expired,
    ...fields,
    expires: fields.expires === null ? null : new Date(fields.expires).toISOString().replace('.000Z', 'Z'),
    expired,
    signature: signer !== undefined ? 'good' : known ? 'bad' : 'no secret with this key id',
    ...(signer === undefined ? {} : { mailbox: signer.mailbox.name, route: signer.route.name, ...matchOf(signer, key, asked) }),
  }
}

/** Of an expired key too: asked about the time before. */
function matchOf(place: SignedPlace, key: string, { author }: Asked): Pick<Inspection, 'senderMatches'> {
  if (author === undefined) return {}
  const check = checkAt(place, key, { at: Number.NEGATIVE_INFINITY, author })
  return check.kind === 'valid' ? { senderMatches: check.claims.senders?.includes(author) ?? true } : {}
}

function checkAt({ mailbox, route, secrets }: SignedPlace, key: string, asked: Asked): KeyCheck {
  const verifier = signedKeys({ secrets: new Map(secrets.map(({ id, octets }) => [id, octets])) })
  return verifier.verify({ mailbox: mailbox.name, route: route.name, key, recipient: '', sender: '', client: null, ...asked })
}

/** For people. The subject is quoted: whoever wrote the key chose it. */
function describe(found: Inspection): string {
  if (found.problem !== undefined) return `not a signed key: ${found.problem}`
  const where = found.mailbox === undefined ? '' : ` (mailbox ${found.mailbox}, route ${found.route})`
  return [
    `key:       ${found.key}`,
    `key id:    ${found.keyId}`,
    `subject:   ${JSON.stringify(found.subject)}`,
    `expires:   ${found.expires ?? 'never'}${found.expired ? ' (has expired)' : ''}`,
    ...(found.senderHash == null ? [] : [`sender:    bound (hash ${found.senderHash})${suits(found.senderMatches)}`]),
    `signature: ${found.signature}${where}`,
    found.good ? 'good' : 'NOT GOOD',
  ].join('\n')
}

const suits = (matches: boolean | undefined): string => (matches === undefined ? '' : matches ? ', to this one' : ', to another one')
