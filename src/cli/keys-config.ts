/** What `postern keys` sees of the configuration. */
import type { Config } from '../config/config.ts'
import { signedWithin } from '../config/keys.ts'
import { exits, Failure } from './failure.ts'
import type { KeysConfig, KeysRoute } from './keys/config.ts'

export const keysConfig = (config: Config): KeysConfig => ({
  mailboxes: config.mailboxes.map(({ name, address, references, routes }) => ({
    name,
    address,
    ...(references === undefined ? {} : { references }),
    routes: routes.map(keysRoute),
  })),
})

function keysRoute({ name, key }: Config['mailboxes'][number]['routes'][number]): KeysRoute {
  const signed = key === undefined ? null : signedWithin(key)
  if (signed === null) return { name }
  const secrets = Object.entries(signed.secrets).map(([id, secret]) => {
    const file = /^file (.+)$/.exec(secret.from)?.[1]
    return { id, octets: revealed(secret), ...(file === undefined ? {} : { file }) }
  })
  return { name, signed: { secrets } }
}

/** A secret that the first start is still to make is the one that can be missing here. */
function revealed(secret: { reveal(): Uint8Array }): Uint8Array {
  try {
    return secret.reveal()
  } catch (error) {
    throw new Failure(error instanceof Error ? error.message : String(error), exits.configuration)
  }
}
