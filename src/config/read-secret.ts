/**
 * Reads secrets from small files and from the environment. White space at the end is taken off, since editors add a line
 * end. What is wrong is said by name, never by content. Reads at once and blocking: it runs at start and at a reload only.
 */
import { readFileSync, statSync } from 'node:fs'
import { looksSecret } from './looks-secret.ts'
import type { ReadSecret, SecretText } from './secret.ts'

export type Environment = Readonly<Record<string, string | undefined>>

const mostOctets = 64 * 1024

export function secretReader(env: Environment): ReadSecret {
  return place => ('file' in place ? fromFile(place.file, place.create) : fromEnvironment(place.env, env))
}

function fromEnvironment(name: string, env: Environment): SecretText {
  const text = Object.hasOwn(env, name) ? env[name]?.trim() : undefined
  if (text !== undefined && text !== '') return { text }
  return {
    problem: `environment variable ${name} is ${text === undefined ? 'not set' : 'empty'}`,
    allowed: 'a variable that is set when Postern starts',
  }
}

function fromFile(file: string, create: boolean): SecretText {
  const name = looksSecret(file) ? '(not shown, since its name looks like a secret)' : file
  const allowed = 'a file that Postern can read, relative to the working folder'
  try {
    const stat = statSync(file)
    if (!stat.isFile()) return { problem: `secret file ${name} is no file`, allowed }
    if (stat.size > mostOctets) return { problem: `secret file ${name} is too large`, allowed: 'a file of at most 64 KiB' }
    return { text: readFileSync(file, 'utf8').trim() }
  } catch (error) {
    const code = codeOf(error)
    if (create && code === 'ENOENT') return { missing: file }
    return { problem: `secret file ${name} ${reasonOf(code)}`, allowed }
  }
}

export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown error'

/** In words, with the system's code where there are none. */
export function reasonOf(code: string): string {
  if (code === 'ENOENT') return 'is not there'
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read'
  if (code === 'EISDIR') return 'is a folder'
  return `can’t be read (${code})`
}
