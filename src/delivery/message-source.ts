/**
 * The message as a processor gets it: our trace fields, and the octets as received but for Authentication-Results fields that
 * somebody wrote in our name (RFC 8601 5). It must change nothing else, and hold no message in memory.
 */
import { makeResultsFilter } from '../mail/forged-results.ts'
import type { MessageSource } from '../transaction/ports.ts'

export interface SourceParts {
  /** Our authserv-id. */
  readonly hostname: string
  traceFields(): string
  /** As the spool has it. */
  raw(): Promise<AsyncIterable<Uint8Array>>
}

export function messageSource({ hostname, traceFields, raw }: SourceParts): MessageSource {
  return { traceFields, raw: async () => withoutForgedResults(await raw(), hostname) }
}

async function* withoutForgedResults(source: AsyncIterable<Uint8Array>, hostname: string): AsyncGenerator<Uint8Array> {
  const filter = makeResultsFilter(hostname)
  for await (const chunk of source) yield* filter.push(chunk)
  yield* filter.end()
}
