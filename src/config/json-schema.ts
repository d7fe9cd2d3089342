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
  /** A schema that holds itself is written once, in `$defs`, and pointed at: '#/$defs/key'. */
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, JsonSchema>>
}

/** What may be written in the file. */
export function jsonSchema(): JsonSchema {
  const schema = configSchema(() => ({ problem: 'not read', allowed: '' }))
  const plain = JSON.stringify(z.toJSONSchema(schema, { io: 'input' }))
  return JSON.parse(plain.replaceAll(namelessSchema, 'key')) as JsonSchema
}

/** Zod's name for the first schema that holds itself. There is one: a kind of key. */
const namelessSchema = '__schema0'

const refPattern = /^#\/\$defs\/(.+)$/

/** The name of what `schema` points at; null where it stands for itself. */
export const refName = ({ $ref = '' }: JsonSchema): string | null => refPattern.exec($ref)?.[1] ?? null

/** `schema` with what it points at in `root`; its own description goes before. */
export function resolved(schema: JsonSchema, root: JsonSchema): JsonSchema {
  const name = refName(schema)
  return name === null ? schema : { ...root.$defs?.[name], ...schema }
}
