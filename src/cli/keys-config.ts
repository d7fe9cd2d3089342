/** What `postern keys` sees of the configuration. */
import type { Config } from '../config/config.ts'
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
  if (key === undefined || !('signed' in key)) return { name }
  const secrets = Object.entries(key.signed.secrets).map(([id, secret]) => {
    const file = /^file (.+)$/.exec(secret.from)?.[1]
    return { id, octets: secret.reveal(), ...(file === undefined ? {} : { file }) }
  })
  return { name, signed: { secrets } }
}
