/**
 * What `postern keys` needs of the configuration, and how its commands fail: in one sentence, with the exit status that
 * sysexits(3) has for the case. Must not know the configuration's own types.
 */
import { exits, Failure } from '../failure.ts'

export interface SigningSecret {
  readonly id: string | number
  readonly octets: Uint8Array
  /** Where it was read from, as the operator wrote it; absent where it came from the environment. */
  readonly file?: string
}

export interface KeysRoute {
  readonly name: string
  readonly signed?: { readonly secrets: readonly SigningSecret[] }
}

export interface KeysMailbox {
  readonly name: string
  /** `incoming+%{key}@host`, or a dedicated address without `%{key}`. */
  readonly address: string
  /** With a dedicated address: `reply-%{key}@host`, the message id that holds the key. */
  readonly references?: string
  readonly routes: readonly KeysRoute[]
}

export interface KeysConfig {
  readonly mailboxes: readonly KeysMailbox[]
}

export interface KeysDeps {
  load(): Promise<KeysConfig>
  /** Prints to standard output, with a line feed. */
  print(text: string): void
  /** Prints to standard error, with a line feed. */
  warn(text: string): void
  now(): number
}

/** EX_USAGE: the command line is wrong. */
export const usageError = (message: string): Failure => new Failure(message, exits.usage)
/** EX_CONFIG: the configuration doesn't have what the command needs. */
export const configError = (message: string): Failure => new Failure(message, exits.configuration)

/** One route with signed keys; `current` is the secret that new keys are minted with: the one of the highest id. */
export interface SignedPlace {
  readonly mailbox: KeysMailbox
  readonly route: KeysRoute
  readonly secrets: readonly SigningSecret[]
  readonly current: SigningSecret
}

/** All routes with signed keys, in the order of the configuration. */
export function signedPlaces({ mailboxes }: KeysConfig): readonly SignedPlace[] {
  return mailboxes.flatMap(mailbox =>
    mailbox.routes.flatMap(route => {
      const secrets = [...(route.signed?.secrets ?? [])].sort((a, b) => Number(a.id) - Number(b.id))
      const current = secrets.at(-1)
      return current === undefined ? [] : [{ mailbox, route, secrets, current }]
    }),
  )
}

/** Throws a Failure that says which names there are. */
export function signedPlace(config: KeysConfig, mailboxName: string, routeName: string): SignedPlace {
  const mailbox = config.mailboxes.find(({ name }) => name === mailboxName)
  if (mailbox === undefined) throw usageError(`There is no mailbox “${mailboxName}”; there is ${names(config.mailboxes)}.`)
  if (!mailbox.routes.some(({ name }) => name === routeName)) {
    throw usageError(`Mailbox “${mailboxName}” has no route “${routeName}”; it has ${names(mailbox.routes)}.`)
  }
  const place = signedPlaces(config).find(found => found.mailbox === mailbox && found.route.name === routeName)
  if (place === undefined) throw configError(`Route “${routeName}” of mailbox “${mailboxName}” has no signed keys (key: { signed: … }).`)
  return place
}

const names = (named: readonly { readonly name: string }[]): string => named.map(({ name }) => `“${name}”`).join(', ') || 'none'
