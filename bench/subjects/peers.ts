/** The peers that are Node programs of bench/peers/: smtp-server alone, in its own process, with one thing behind it. */
import { mkdir, readdir } from 'node:fs/promises'
import path from 'node:path'
import { freePort } from '../../test/support/ports.ts'
import { startProcess } from '../lib/process.ts'
import type { Place, Subject } from './subject.ts'

const recipient = 'incoming+good@incoming.example.com'

async function startPeer(name: string, { folder, environment }: Place): Promise<Subject & { readonly kept: string }> {
  const port = await freePort()
  const kept = path.join(folder, 'kept')
  await mkdir(kept)
  const args = [path.join(import.meta.dirname, '..', 'peers', `${name}.ts`), String(port), kept]
  // Four threads, Node's default, would strangle a server that flushes a file for each message.
  const threads = { UV_THREADPOOL_SIZE: '64', ...environment }
  const server = await startProcess({ program: process.execPath, args, folder, environment: threads, port })
  return { port, protocol: 'lmtp', recipient, kept, processes: () => [server.id], stop: server.stop }
}

export const startDiscard = (place: Place): Promise<Subject> => startPeer('discard', place)

export async function startFilePerMessage(place: Place): Promise<Subject> {
  const peer = await startPeer('file-per-message', place)
  return { ...peer, stored: async () => (await readdir(peer.kept)).length }
}

export async function startUnknownRecipient(place: Place): Promise<Subject> {
  return { ...(await startPeer('unknown-recipient', place)), protocol: 'smtp' }
}
