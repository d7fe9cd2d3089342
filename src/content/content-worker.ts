/** The worker's entry: one message at a time, parsed, and given back as the octets that are handed over. */
import { move } from 'piscina'
import type { Links } from '../lib/attachment-link.ts'
import type { ContentOptions } from '../transaction/ports.ts'
import type { ContentLimits } from './limits.ts'
import { type Facts, readAttachment, readContent } from './read-content.ts'

export interface ContentTask {
  readonly kind: 'content'
  readonly raw: Uint8Array
  readonly facts: Facts
  readonly options: ContentOptions
  readonly limits: ContentLimits
  readonly links: Links | null
}

export type Task =
  | ContentTask
  /** One after the other, until that has taken a while: then those that are left are missing in the answer. */
  | { readonly kind: 'contents'; readonly tasks: readonly ContentTask[] }
  | { readonly kind: 'attachment'; readonly raw: Uint8Array; readonly index: number; readonly limits: ContentLimits }

export interface Taken {
  readonly name: string | null
  readonly type: string
  readonly octets: Uint8Array
}

/** Milliseconds after which no further message is begun in a shared task. */
const sharedTime = 100

/**
 * The content as JSON in UTF-8, or several of them in their order; of an attachment its name, type and octets. piscina calls what a
 * module exports by this name.
 */
export async function work(task: Task): Promise<unknown> {
  if (task.kind === 'contents') {
    const contents: Uint8Array[] = []
    const start = performance.now()
    for (const one of task.tasks) {
      contents.push(await contentOf(one))
      // Else several slow ones together would break the time of the task, and with it the thread and all that it has done.
      if (performance.now() - start > sharedTime) break
    }
    return contents
  }
  if (task.kind === 'attachment') {
    const found = await readAttachment(task.raw, task.index, task.limits)
    return found === null ? null : { ...found, octets: ownMemory(found.octets) }
  }
  return move(await contentOf(task))
}

async function contentOf({ raw, facts, options, limits, links }: ContentTask): Promise<Uint8Array> {
  const content = await readContent(raw, facts, { ...options, limits, links })
  return new TextEncoder().encode(JSON.stringify(content))
}

/** Small ones stand in memory that they share with others. */
const ownMemory = (octets: Uint8Array): Uint8Array => (octets.byteLength === octets.buffer.byteLength ? octets : Uint8Array.from(octets))
