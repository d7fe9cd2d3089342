/** The files of the checkout that the rules look at, by their path from its root. Walks folders: works without git too. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'

export const ROOT = path.resolve(import.meta.dirname, '../..')
const LEFT_OUT = new Set(['node_modules', '.git', 'var', 'coverage'])

/** `folder` is a folder or a file of the checkout; one that doesn't exist yet has no files. */
export function filesUnder(folder: string): string[] {
  const full = path.join(ROOT, folder)
  if (!existsSync(full)) return []
  if (statSync(full).isFile()) return [folder]
  return readdirSync(full)
    .filter(name => !LEFT_OUT.has(name))
    .flatMap(name => filesUnder(`${folder}/${name}`))
    .sort()
}

export const typescriptUnder = (...folders: string[]): string[] => folders.flatMap(filesUnder).filter(file => file.endsWith('.ts'))

export const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8')

/** Path and text of each, as the rules take them. */
export const sources = (files: readonly string[]): Map<string, string> => new Map(files.map(file => [file, read(file)]))
