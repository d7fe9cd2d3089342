/**
 * docs/config.md and config/schema.json, made from the schema of the configuration. docs/generate.ts writes them, and a test
 * proves them fresh: what the schema doesn't say can't stand there.
 */
import { type JsonSchema, jsonSchema, refName, resolved } from '../src/config/json-schema.ts'

/** JSON Schema for editors, without what only we understand. */
export function configJsonSchema(): string {
  return JSON.stringify(
    jsonSchema(),
    (key, value: unknown) => (key === 'kind' || (key === 'range' && typeof value === 'string') ? undefined : value),
    2,
  )
}

export function configMarkdown(): string {
  const root = jsonSchema()
  const place: Place = { root, within: [] }
  const sections = Object.entries(root.properties ?? {}).map(([key, schema]) => ({ key, schema, rows: rows(key, schema, place) }))
  const single = sections.filter(({ rows }) => rows.length === 0)
  const parts = sections
    .filter(({ rows }) => rows.length > 0)
    .map(({ key, schema, rows }) => [`## ${key}`, `${schema.description ?? ''}${needed(root, key)}`, table(rows)].join('\n\n'))
  const top = table(single.map(({ key, schema }) => row(key, { schema, required: isRequired(root, key), place })))
  return `${[HEAD, `## Single keys`, top, ...parts].join('\n\n')}\n`
}

const HEAD = `# Configuration

<!-- Made by \`npm run docs\` from src/config. Change the schema, not this page. -->

One YAML file, \`config/postern.yaml\` unless \`--config FILE\` says otherwise. \`postern check\` validates it and prints the effective
configuration; a configuration that is wrong ends the start with exit status 78 before any port is opened, with every problem in one go.

- **Durations** are a whole number and a unit: \`500ms 3s 10m 12h 7d\`. **Sizes** likewise, in powers of 1024: \`512B 64KiB 25MiB 1GiB\`.
- **Secrets** never stand in the file: \`{ file: PATH }\` or \`{ env: VARIABLE }\`. White space at the end of a secret is ignored.
  Signing secrets (\`signed.secrets.ID\`), and no others, may have \`create: true\` beside \`file\`: the first start makes the file if it isn't there.
- **Relative paths** start at the working folder.
- What begins with \`%\` must be in quotes: \`address: '%{key}@incoming.example.com'\`.
- Unknown keys are errors. \`[]\` stands for each item of a list, \`NAME\` and \`ID\` for names that you choose.
- Editors complete and check the file with \`# yaml-language-server: $schema=schema.json\` in its first line.`

/** Where in the schema we are: `within` names what it points at and is being told, so that it is told once. */
interface Place {
  readonly root: JsonSchema
  readonly within: readonly string[]
}

interface Row {
  readonly schema: JsonSchema
  readonly required: boolean
  readonly place: Place
}

/** One row for each key below `path`, in depth-first order. */
function rows(path: string, written: JsonSchema, before: Place): readonly string[] {
  const name = refName(written)
  if (name !== null && before.within.includes(name)) return []
  const place = name === null ? before : { ...before, within: [...before.within, name] }
  const schema = resolved(written, place.root)
  if (schema.kind === 'secret') return []
  const list = schema.anyOf?.find(branch => branch.type === 'object')
  if (list !== undefined) return rows(path, list, place)
  if (schema.items !== undefined) return rows(`${path}[]`, schema.items, place)
  const values = schema.additionalProperties
  if (typeof values === 'object') {
    const inner = `${path}.${path.endsWith('secrets') ? 'ID' : 'NAME'}`
    return [row(inner, { schema: values, required: false, place }), ...rows(inner, values, place)]
  }
  return Object.entries(schema.properties ?? {}).flatMap(([key, inner]) => {
    const at = `${path}.${key}`
    return [row(at, { schema: inner, required: isRequired(schema, key), place }), ...rows(at, inner, place)]
  })
}

const isRequired = (schema: JsonSchema, key: string): boolean => schema.required?.includes(key) === true

const needed = (schema: JsonSchema, key: string): string => (isRequired(schema, key) ? ' **Required.**' : '')

function row(path: string, { schema: written, required, place }: Row): string {
  const schema = resolved(written, place.root)
  const again = refName(written) ?? refName(schema.items ?? {})
  const type =
    again !== null && place.within.includes(again) ? `${schema.items === undefined ? 'a' : 'list of'} ${again}, as above` : typeText(schema)
  const cells = [`\`${path}\``, type, required ? '**required**' : defaultText(schema), schema.description ?? '']
  return `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

function typeText(schema: JsonSchema): string {
  if (schema.kind !== undefined) return schema.range === undefined ? schema.kind : `${schema.kind}, ${schema.range}`
  if (schema.maxProperties === 1) return `one of ${Object.keys(schema.properties ?? {}).join(', ')}`
  if (schema.enum !== undefined) return schema.enum.map(value => `\`${String(value)}\``).join(', ')
  if (schema.anyOf?.some(({ kind }) => kind === 'secret')) return 'secret, or list of them'
  if (schema.anyOf !== undefined) return 'mapping or list'
  if (schema.items !== undefined) return `list${schema.items.type === 'string' ? ' of text' : ''}`
  if (schema.type === 'integer' || schema.type === 'number')
    return `${schema.type === 'integer' ? 'whole number' : 'number'}${range(schema)}`
  if (schema.type === 'boolean') return '`true`, `false`'
  return schema.type === 'object' ? 'mapping' : 'text'
}

const range = ({ minimum, maximum }: JsonSchema): string =>
  minimum === undefined || maximum === undefined ? '' : `, ${minimum} to ${maximum}`

function defaultText({ default: value }: JsonSchema): string {
  if (value === undefined || (typeof value === 'object' && !Array.isArray(value))) return '–'
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(', ')
  return `\`${String(value)}\``
}

const table = (rows: readonly string[]): string => ['| Key | Type | Default | Meaning |', '|---|---|---|---|', ...rows].join('\n')
