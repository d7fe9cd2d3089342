/**
 * The texts of notices, one YAML file a language: those that come with the program stand in config/notices/, and a file of
 * that name in the operator's own folder takes the whole place of one. Read once, at the start; a file with a mistake in it
 * is an error then, and never a notice that can't be written.
 */
import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { readTemplates, type Templates } from './read-templates.ts'

/** Templates that can't be used. The message has a line for each mistake: file, line and what is wrong. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError'
}

/** From the source and from the build alike: both stand one folder below the one that config/ is in. */
const ours = fileURLToPath(new URL('../../config/notices/', import.meta.url))

export interface TemplateOptions {
  /** `en`: the name of the file too. */
  readonly language: string
  /** The operator's own folder. */
  readonly directory?: string | undefined
}

/** Rejects with TemplateError. */
export async function loadTemplates({ language, directory }: TemplateOptions): Promise<Templates> {
  if (!/^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}$/.test(language) || !isTag(language)) {
    throw new TemplateError(`“${language.slice(0, 40)}” is no language tag; write it like en or pt-BR`)
  }
  if (directory !== undefined && !(await isFolder(directory))) throw new TemplateError(`${directory}: no such folder`)
  const folders = directory === undefined ? [ours] : [directory, ours]
  for (const folder of folders) {
    const file = path.join(folder, `${language}.yaml`)
    const text = await readIfThere(file)
    if (text === null) continue
    const read = readTemplates(text, language)
    if ('problems' in read) {
      throw new TemplateError(read.problems.map(({ line, message }) => `${file}:${line}: ${message}`).join('\n'))
    }
    return read
  }
  throw new TemplateError(`no notice templates for the language “${language}”: there are ${(await languages(folders)).join(', ')}`)
}

function isTag(language: string): boolean {
  try {
    return Intl.getCanonicalLocales(language).length === 1
  } catch {
    return false
  }
}

const isFolder = async (folder: string): Promise<boolean> => (await stat(folder).catch(() => null))?.isDirectory() ?? false

async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new TemplateError(`${file}: can’t be read (${(error as NodeJS.ErrnoException).code})`, { cause: error })
  }
}

async function languages(folders: readonly string[]): Promise<readonly string[]> {
  const names = await Promise.all(folders.map(folder => readdir(folder).catch(() => [])))
  const yaml = names.flat().filter(name => name.endsWith('.yaml'))
  return [...new Set(yaml.map(name => name.slice(0, -'.yaml'.length)))].toSorted()
}
