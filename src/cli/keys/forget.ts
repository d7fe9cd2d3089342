/**
 * `postern keys forget`: tells the running server to drop what it remembers of keys (`cached`), so that a key that was
 * withdrawn or made a moment ago is looked up anew. The server alone knows what it remembers: without one there is nothing to do.
 */
import { Failure } from '../failure.ts'
import { authorization, type Page } from '../page.ts'
import { configError, usageError } from './config.ts'

export interface ForgetArguments {
  readonly mailbox?: string
  readonly route?: string
  readonly key?: string
  readonly json?: true
}

export interface ForgetDeps {
  /** Where the running server is; null where the configuration has no HTTP listener on TCP. */
  page(): Promise<Page | null>
  print(text: string): void
}

/** Milliseconds to wait for the server's answer. */
const patience = 10_000

export async function forgetCommand(deps: ForgetDeps, { json, ...what }: ForgetArguments): Promise<void> {
  const { mailbox, route, key } = what
  for (const [name, value] of Object.entries({ mailbox, route, key })) if (value === '') throw usageError(`--${name} is empty.`)
  if (route !== undefined && mailbox === undefined)
    throw usageError('--route needs --mailbox: routes of several mailboxes may share a name.')
  const page = await deps.page()
  if (page === null) throw configError('The server can’t be asked: the configuration has no http listener on TCP (listeners.http).')
  const forgotten = await ask(page, JSON.stringify({ mailbox, route, key }))
  deps.print(json ? JSON.stringify({ forgotten }) : `${forgotten} ${forgotten === 1 ? 'answer' : 'answers'} forgotten.`)
}

async function ask(page: Page, body: string): Promise<number> {
  const headers = { 'content-type': 'application/json', ...authorization(page) }
  const answer = await fetch(`${page.url}/api/keys/forget`, { method: 'POST', headers, body, signal: AbortSignal.timeout(patience) })
    .then(async response => ({ ok: response.ok, status: response.status, text: await response.text() }))
    .catch((error: unknown) => {
      throw new Failure(`${page.url} can’t be asked: ${causeOf(error)}. Is the server running?`)
    })
  const { forgotten, error } = fieldsOf(answer.text)
  if (answer.ok && typeof forgotten === 'number') return forgotten
  throw new Failure(`${page.url} answers ${answer.status}: ${error?.message ?? answer.text.slice(0, 500)}`)
}

const causeOf = (error: unknown): string => {
  const { message, cause } = error as Error
  return cause instanceof Error && cause.message !== '' ? cause.message : message
}

interface Fields {
  readonly forgotten?: unknown
  readonly error?: { readonly message?: string }
}

function fieldsOf(text: string): Fields {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}
