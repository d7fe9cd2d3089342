/**
 * An application that knows keys, as a process of its own: PORT and a JSON of keys and their answers come as arguments. It
 * checks the signature as its users would, with the library of Standard Webhooks. Started by keys-application.ts.
 */
import { createServer } from 'node:http'
import { Webhook } from 'standardwebhooks'

const [port, keys, secret] = process.argv.slice(2)
const known = new Map<string, unknown>(Object.entries(JSON.parse(keys!)))
const webhook = new Webhook(secret!)

function answer(body: string, headers: Record<string, string>): object {
  webhook.verify(body, headers)
  const { key } = JSON.parse(body) as { key: string }
  return (known.get(key) as object | undefined) ?? { verdict: 'unknown' }
}

createServer(async (request, response) => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  try {
    const body = JSON.stringify(answer(Buffer.concat(chunks).toString(), request.headers as Record<string, string>))
    response.writeHead(200, { 'content-type': 'application/json' }).end(body)
  } catch {
    response.writeHead(401).end()
  }
}).listen(Number(port), '127.0.0.1', () => process.stdout.write('ready\n'))
