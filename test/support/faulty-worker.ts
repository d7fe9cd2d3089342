/**
 * A thread in the place of the checking one, for tests of the pool: what it does is told by the client's address in an SPF question.
 */
import { parentPort, workerData } from 'node:worker_threads'
import type { Request } from '../../src/authentication/wire.ts'
import { noSpf } from '../../src/policy/authentication/evidence.ts'

const port = parentPort!
port.on('message', (request: Request) => {
  if (request.kind === 'close') return port.close()
  if (request.kind !== 'spf') return
  const { id, question } = request
  if (question.client === 'crash') process.exit(3)
  if (question.client === 'hang') for (;;);
  if (question.client === 'silent') return
  const wait = question.client === 'slow' ? 1500 : question.client === 'wait' ? 100 : 0
  setTimeout(
    () => port.postMessage({ kind: 'spf', id, answer: { ...noSpf, detail: String((workerData as { hostname: string }).hostname) } }),
    wait,
  )
})
port.postMessage({ kind: 'ready' })
