/**
 * The sample application, started. `node examples/app/main.ts`, with all settings in the environment: PORT (3000), HOST
 * (127.0.0.1), DOMAIN, SECRETS (the folder of the secrets shared with Postern), REDIS_URL (without it: in memory).
 */
import { mkdirSync } from 'node:fs'
import { createApplication } from './application.ts'
import { openSecrets } from './secrets.ts'
import { memoryStore, redisStore } from './store.ts'

const { PORT = '3000', HOST = '127.0.0.1', DOMAIN = 'incoming.localhost', SECRETS = 'var/app', REDIS_URL } = process.env

mkdirSync(SECRETS, { recursive: true, mode: 0o700 })
const store = REDIS_URL === undefined ? memoryStore() : redisStore(REDIS_URL)
const server = createApplication({ secrets: openSecrets(SECRETS), store, domain: DOMAIN })
server.listen(Number(PORT), HOST, () => process.stdout.write(`sample application on http://${HOST}:${PORT}\n`))
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    server.close(() => process.exit())
    server.closeAllConnections()
  })
}
