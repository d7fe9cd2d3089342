/**
 * The message as a file that has no name any more: what a program gets as its standard input. It is complete before the program
 * runs, so that no crash of ours makes a message look shorter than it is, and a program that doesn't read it holds up nobody.
 */
import { randomBytes } from 'node:crypto'
import { type FileHandle, open, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { MessageSource } from '../../../transaction/ports.ts'
import { wholeMessage } from '../../event/whole-message.ts'

/** Opened for reading, at its start; the caller closes it. Rejects, with nothing left behind, where it can't be written or read. */
export async function messageFile(folder: string, message: MessageSource, signal: AbortSignal): Promise<FileHandle> {
  const path = join(folder, `postern-${randomBytes(12).toString('hex')}`)
  const writing = await open(path, 'wx', 0o600)
  try {
    await writing.writeFile(wholeMessage(message, signal))
    return await open(path, 'r')
  } finally {
    await unlink(path)
    await writing.close()
  }
}
