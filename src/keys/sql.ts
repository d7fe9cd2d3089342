/**
 * Keys in a PostgreSQL database, asked for with one query of the operator (docs/keys.md). No row is `unknown`, one row says
 * what the key claims; every error is `unavailable`, since a table that isn't there has no keys either. It only reads, and
 * no value ever becomes part of the query's text.
 */
import pg from 'pg'
import type { KeyQuery, KeyVerifier, Log } from '../transaction/ports.ts'
import { askable } from './askable.ts'
import { type Asked, createGate, messageOf, unavailable } from './gate.ts'
import { openPool } from './sql/connect.ts'
import { parseSqlUrl } from './sql/place.ts'
import { type CompiledQuery, compileQuery, valuesOf } from './sql/query.ts'
import { judgeRows } from './sql/row.ts'

export interface SqlKeysOptions {
  /** `postgres://user@host:port/database?sslmode=…`, without a password. */
  readonly url: string
  readonly password?: string | undefined
  /** PEM of who signed the server's certificate; the system's where it is not given. */
  readonly ca?: string | undefined
  readonly query: string
  /** Milliseconds for the whole question. */
  readonly timeout: number
  readonly connections: number
  readonly log: Log
}

/** Connects when the first key is asked for. Throws an Error that names what is wrong with the options, never the password. */
export function sqlKeys({ url, password, ca, query: written, timeout, connections, log }: SqlKeysOptions): KeyVerifier {
  const place = parseSqlUrl(url)
  if (typeof place === 'string') throw new Error(place)
  const compiled = compileQuery(written)
  if (typeof compiled === 'string') throw new Error(compiled)
  if (ca !== undefined && place.mode === 'disable') throw new Error('a ca is of use only with an sslmode other than disable')
  const gate = createGate({ store: `PostgreSQL at ${place.host}:${place.port}`, concurrency: connections, timeout, log })
  const pool = openPool(place, { url, password, ca }, { connections, timeout })
  // Of connections that nobody uses at that moment; the pool has let go of them already.
  pool.on('error', error => log.debug({ error: error.message }, 'an idle connection to PostgreSQL ended'))
  return {
    verify: query => (askable(query.key) ? gate.ask(signal => ask({ pool, compiled, query, attempts: connections + 1 }, signal)) : unknown),
    async close() {
      gate.close()
      await pool.end()
    },
  }
}

/** Null where `url` can be asked, else what is wrong with it. */
export function sqlUrlProblem(url: string): string | null {
  const place = parseSqlUrl(url)
  return typeof place === 'string' ? place : null
}

const unknown = Object.freeze({ kind: 'unknown' } as const)

interface Question {
  readonly pool: pg.Pool
  readonly compiled: CompiledQuery
  readonly query: KeyQuery
  readonly attempts: number
}

/** Never rejects: no connection and a broken one are `lost`, an error of the query is not. */
async function ask(question: Question, signal: AbortSignal): Promise<Asked> {
  const { query, attempts } = question
  let connected = false
  try {
    const client = await question.pool.connect()
    connected = true
    return { check: judgeRows(await run(client, question, signal), query.at), lost: false }
  } catch (error) {
    // Another connection, or this one made anew, knows nothing of the plan that no longer fits.
    if (isStale(error) && attempts > 1 && !signal.aborted) return ask({ ...question, attempts: attempts - 1 }, signal)
    const cause = `PostgreSQL: ${said(error, query.key)}`
    return { check: unavailable(cause), lost: !connected || isBroken(error) || isLate(error) }
  }
}

/** Runs the query on a connection and gives it back, or ends it where it is of no more use. */
async function run(client: pg.PoolClient, { compiled, query }: Question, signal: AbortSignal) {
  let held = true
  const release = (broken: boolean) => {
    if (held) client.release(broken)
    held = false
  }
  const cut = () => release(true)
  // The query's own promise tells of it; without a listener it would end the process.
  const ignore = () => {}
  client.on('error', ignore)
  signal.addEventListener('abort', cut, { once: true })
  try {
    if (signal.aborted) throw new Error('the question was given up')
    const result = await client.query<(string | null)[]>({
      name: 'keys',
      text: compiled.text,
      values: valuesOf(compiled, query),
      rowMode: 'array',
    })
    release(false)
    return { columns: result.fields.map(field => ({ name: field.name, type: field.dataTypeID })), rows: result.rows }
  } catch (error) {
    release(isBroken(error) || isStale(error))
    throw error
  } finally {
    signal.removeEventListener('abort', cut)
    client.off('error', ignore)
  }
}

/** The SQLSTATE; '' for what the server didn't say itself. */
const stateOf = (error: unknown): string => (error instanceof pg.DatabaseError ? (error.code ?? '') : '')

/** “Cached plan must not change result type” after an ALTER TABLE, or a prepared statement that somebody else threw away. */
const isStale = (error: unknown): boolean => ['0A000', '26000'].includes(stateOf(error))

/** Classes 08 and 57P: the end of the connection, or of the server. */
const isBroken = (error: unknown): boolean => /^(?:$|08|57P)/.test(stateOf(error))

const isLate = (error: unknown): boolean => stateOf(error) === '57014'

/** What the server said, without the key: it quotes values that a type doesn't take. */
function said(error: unknown, key: string): string {
  const text = messageOf(error).replaceAll(`"${key}"`, '"%{key}"')
  const code = stateOf(error)
  return code === '' || text.includes(code) ? text : `${text} (${code})`
}
