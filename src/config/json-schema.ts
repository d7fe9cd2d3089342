/**
 * The schema as JSON Schema (draft 2020-12): for editors, for the documentation and for `describe`, which all walk it.
 * `kind` marks what the program holds in another form than the file: durations, sizes, secrets; and
 * addresses, which may hide one.
 */
import * as z from 'zod'
import { configSchema } from './schema.ts'

export interface JsonSchema {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly kind?: 'duration' | 'size' | 'secret' | 'url'
  /** Of a duration or size: "1s to 1d". */
  readonly range?: string
  readonly minProperties?: number
  readonly maxProperties?: number
  readonly enum?: readonly unknown[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | JsonSchema
  readonly items?: JsonSchema
  readonly anyOf?: readonly JsonSchema[]
  readonly minimum?: number
  readonly maximum?: number
}

/** What may be written in the file. */
export function jsonSchema(): JsonSchema {
  const schema = configSchema(() => ({ problem: 'not read', allowed: '' }))
  return z.toJSONSchema(schema, { io: 'input' }) as JsonSchema
}
