/**
 * `postern messages export`: raw messages as received, each in a file ID.eml, or all in one mbox. Nothing is overwritten, and a
 * file has its name only when it is whole.
 */
import { type FileHandle, link, mkdir, open, unlink } from 'node:fs/promises'
import path from 'node:path'
import type { MessageFilter } from '../../transaction/desk.ts'
import { Failure } from '../failure.ts'
import type { Commands } from './commands.ts'
import { gathered, type MessagesDesk, rows } from './desk.ts'
import { mboxEntry } from './mbox.ts'
import { count, plain, json as printed } from './plain.ts'

export interface ExportOrder {
  readonly ids: readonly string[]
  readonly filter: MessageFilter
  readonly limit: number
  readonly directory: string
  readonly format: 'eml' | 'mbox'
  readonly json: boolean
}

interface Wanted {
  readonly id: string
  readonly sender: string
  readonly received: number
}

type Write = (one: Wanted, raw: AsyncIterable<Uint8Array>) => Promise<void>

/** Gives the exit status: 1 where nothing fits, or a message could not be written. */
export async function exportMessages(desk: MessagesDesk, order: ExportOrder, commands: Commands): Promise<number> {
  await mkdir(order.directory, { recursive: true }).catch((error: Error) => {
    throw new Failure(`${order.directory} can’t be made: ${error.message}`)
  })
  const problems: { id: string; problem: string }[] = []
  let written = 0
  const each = async (write: Write): Promise<void> => {
    for await (const one of wanted(desk, order)) {
      if (commands.interrupted()) break
      const problem = 'problem' in one ? one.problem : await copy(desk, one, write)
      if (problem === null) written++
      else problems.push({ id: one.id, problem })
    }
  }
  if (order.format === 'eml') await each(toFile(order.directory))
  else {
    const name = path.join(order.directory, 'postern.mbox')
    await whole(name, file => each(async (one, raw) => file.appendFile(mboxEntry(await joined(raw), one)))).catch(taken(name))
    if (written === 0) await unlink(name)
  }
  if (order.json) commands.print(printed({ written, problems }))
  else {
    for (const { id, problem } of problems) commands.warn(`${plain(id, 100)}: ${problem}`)
    commands.print(`${count(written, 'message')} written to ${order.directory}.`)
  }
  return written > 0 && problems.length === 0 && !commands.interrupted() ? 0 : 1
}

/** Each message once: the list has a row a delivery. Notices are no messages of their own. */
async function* wanted(
  desk: MessagesDesk,
  { ids, filter, limit }: ExportOrder,
): AsyncGenerator<Wanted | { readonly id: string; readonly problem: string }> {
  for (const id of new Set(ids)) yield (await desk.view(id)) ?? { id, problem: 'no message with this id' }
  if (ids.length > 0) return
  const seen = new Set<string>()
  for await (const row of rows(desk, filter, Number.POSITIVE_INFINITY)) {
    if (seen.size >= limit) return
    if (seen.has(row.id) || (row.about !== undefined && row.about !== null)) continue
    seen.add(row.id)
    yield row
  }
}

const taken = (name: string) => (error: NodeJS.ErrnoException) => {
  throw error.code === 'EEXIST' ? new Failure(`${name} is there already; nothing is overwritten.`) : error
}

/** null where it is written; else why not. */
async function copy(desk: MessagesDesk, one: Wanted, write: Write): Promise<string | null> {
  const raw = await desk.raw(one.id)
  if (raw === null) return 'it is not kept any more'
  try {
    await write(one, raw)
    return null
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EEXIST'
      ? 'there is such a file already; nothing is overwritten'
      : (error as Error).message
  }
}

const toFile =
  (directory: string): Write =>
  (one, raw) =>
    whole(path.join(directory, `${one.id.replace(/[^A-Za-z0-9_-]/g, '_')}.eml`), async file => {
      for await (const chunk of raw) await file.appendFile(chunk)
    })

/** The name is given last, and only where it is free: link(2) replaces nothing. */
async function whole(name: string, fill: (file: FileHandle) => Promise<void>): Promise<void> {
  const part = `${name}.${process.pid}.part`
  const file = await open(part, 'wx', 0o600)
  try {
    await fill(file)
    await file.close()
    await link(part, name)
  } finally {
    await file.close().catch(() => undefined)
    await unlink(part)
  }
}

async function joined(raw: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  return Buffer.concat(await gathered(raw))
}
