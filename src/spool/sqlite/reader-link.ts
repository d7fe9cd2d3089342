/**
 * The reader thread: started when first asked, with a read-only connection, so that a search never delays a commit. Answers
 * come in the order of the questions.
 */
import { Worker } from 'node:worker_threads'
import type { MessageFilter, MessageRow, MessageView } from '../../transaction/desk.ts'
import type { TransactionFilter, TransactionRow } from '../../transaction/ports.ts'
import { threadUrl } from './writer-link.ts'

export type Question =
  | { readonly kind: 'list'; readonly filter: MessageFilter }
  | { readonly kind: 'count'; readonly filter: MessageFilter }
  /** The numbers of the list's deliveries, notices left out, and one more than its limit where there is one. */
  | { readonly kind: 'ids'; readonly filter: MessageFilter }
  | { readonly kind: 'view'; readonly message: string }
  | { readonly kind: 'transactions'; readonly filter: TransactionFilter }
  | { readonly kind: 'body'; readonly message: string }

/** Where the octets of a message are: here, or in a file. */
export type BodyAt = { readonly octets: Uint8Array } | { readonly file: number; readonly position: number; readonly size: number }

export interface Answers {
  list: readonly MessageRow[]
  count: number
  ids: readonly number[]
  view: MessageView | null
  transactions: readonly TransactionRow[]
  body: BodyAt | null
}

export type ReaderReply = { readonly result: unknown } | { readonly error: string }

export interface ReaderLink {
  ask<K extends Question['kind']>(question: Question & { kind: K }): Promise<Answers[K]>
  close(): Promise<void>
}

interface Waiting {
  resolve(result: unknown): void
  reject(error: Error): void
}

export function makeReader(directory: string): ReaderLink {
  let worker: Worker | null = null
  let waiting: Waiting[] = []

  const ended = (which: Worker, error: Error): void => {
    if (worker !== which) return
    worker = null
    for (const one of waiting) one.reject(error)
    waiting = []
  }
  const run = (): Worker => {
    const fresh = new Worker(threadUrl('reader'), { workerData: directory, name: 'spool-reader' })
    fresh.on('message', (reply: ReaderReply) => {
      const one = waiting.shift()
      if ('error' in reply) one?.reject(new Error(reply.error))
      else one?.resolve(reply.result)
    })
    fresh.on('error', error => ended(fresh, error as Error))
    fresh.on('exit', code => ended(fresh, new Error(`the reader thread ended with code ${code}`)))
    return fresh
  }
  return {
    ask: <K extends Question['kind']>(question: Question & { kind: K }) =>
      new Promise<Answers[K]>((resolve, reject) => {
        worker ??= run()
        waiting.push({ resolve: resolve as (result: unknown) => void, reject })
        worker.postMessage(question)
      }),
    close: async () => {
      await worker?.terminate()
    },
  }
}
