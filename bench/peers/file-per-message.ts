/**
 * Peer (c): smtp-server, LMTP, one file a message, file and directory flushed before 250: the plain way to keep mail. Small
 * messages are one write; large ones are written as they come, so that memory stays bounded. `file-per-message.ts PORT FOLDER`
 */
import { type FileHandle, open } from 'node:fs/promises'
import path from 'node:path'
import { servePeer } from './greet-at-once.ts'

const folder = process.argv[3]!
const directory = await open(folder, 'r')
const writeAt = 256 * 1024
let serial = 0

async function keep(stream: AsyncIterable<Buffer>): Promise<void> {
  const file: FileHandle = await open(path.join(folder, `${process.pid}-${++serial}`), 'wx')
  try {
    let waiting: Buffer[] = []
    let octets = 0
    for await (const chunk of stream) {
      waiting.push(chunk)
      octets += chunk.length
      if (octets < writeAt) continue
      await file.writev(waiting)
      waiting = []
      octets = 0
    }
    if (octets > 0) await file.writev(waiting)
    await file.sync()
  } finally {
    await file.close()
  }
  await directory.sync()
}

servePeer({
  lmtp: true,
  onData(stream, session, done) {
    const replies = session.envelope.rcptTo.map(() => '2.6.0 Accepted')
    keep(stream as AsyncIterable<Buffer>).then(
      () => done(null, replies),
      error => done(error),
    )
  },
})
