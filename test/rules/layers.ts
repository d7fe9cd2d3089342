/**
 * Who may import whom (design: Layout): lib ← mail ← policy ← transaction ← adapters ← main, cli. Adapters never import each
 * other; config is for main, cli and check; each library has one place. Gives what is wrong as sentences.
 */
import path from 'node:path'
import { type Import, importsOf, scan } from './scan.ts'

const CORE = ['lib', 'mail', 'policy', 'transaction']
const TOP = ['main', 'cli']

/** Where a library may be named. One that stands nowhere here may be named nowhere. */
const PLACES: Record<string, readonly string[]> = {
  'smtp-server': ['listeners/smtp'],
  mailauth: ['authentication'],
  'dns-packet': ['authentication'],
  piscina: ['authentication', 'content'],
  mailparser: ['content'],
  'html-to-text': ['content'],
  jose: ['delivery'],
  'cli-progress': ['cli'],
  fastify: ['listeners/http'],
  nodemailer: ['notice'],
  undici: ['delivery', 'keys'],
  ioredis: ['lib', 'keys', 'delivery'],
  pg: ['keys'],
  re2js: ['keys'],
  'lru-cache': ['keys', 'authentication'],
  'proxy-protocol-js': ['listeners/smtp'],
  zod: ['config'],
  yaml: ['config', 'notice'],
  commander: ['cli'],
  pino: ['observe'],
  'pino-pretty': ['observe'],
  'node:sqlite': ['spool'],
}

/** 'src/listeners/smtp/server.ts' is in 'listeners/smtp', 'src/cli.ts' in 'cli', 'src/keys/file.ts' in 'keys'. */
export function layerOf(file: string): string {
  const parts = file.replace(/^src\//, '').split('/')
  if (parts.length === 1) return parts[0]!.replace(/\.ts$/, '')
  return parts[0] === 'listeners' && parts.length > 2 ? `listeners/${parts[1]}` : parts[0]!
}

/** What is wrong with each import of `files` (path and text). */
export function layerProblems(files: ReadonlyMap<string, string>): string[] {
  return [...files].flatMap(([file, text]) =>
    importsOf(scan(text)).flatMap(found => {
      const problem = found.specifier.startsWith('.') ? relativeProblem(file, found) : packageProblem(file, found.specifier)
      return problem === null ? [] : [`${file} imports ${found.specifier}: ${problem}`]
    }),
  )
}

/** The path of what is imported: resolve('src/a/b.ts', '../c.ts') is 'src/c.ts'. */
export const resolve = (file: string, specifier: string): string => path.posix.join(path.posix.dirname(file), specifier)

function relativeProblem(file: string, { specifier }: Import): string | null {
  if (!/\.(ts|json)$/.test(specifier)) return 'write the whole file name, with .ts'
  const target = resolve(file, specifier)
  if (!target.startsWith('src/')) return target.startsWith('package.json') ? null : 'it is outside src'
  return mayImport(layerOf(file), layerOf(target))
}

function mayImport(from: string, to: string): string | null {
  if (from === to || from === 'cli') return null
  if (from === 'main') return to === 'cli' ? 'main doesn’t know the command line' : null
  if (TOP.includes(to)) return 'only cli imports main'
  if (CORE.includes(from)) {
    const lower = CORE.slice(0, CORE.indexOf(from))
    return lower.includes(to) ? null : `${from} may import ${lower.join(', ') || 'nothing'} only`
  }
  if (CORE.includes(to) || to === 'listeners')
    return to !== 'listeners' || from.startsWith('listeners/') ? null : 'adapters never import each other'
  if (to === 'config') return from === 'check' ? null : 'config is for main, cli and check'
  return 'adapters never import each other'
}

function packageProblem(file: string, specifier: string): string | null {
  const layer = layerOf(file)
  const node = specifier.startsWith('node:')
  if (layer === 'mail' || layer === 'policy') return `${layer} imports nothing from node: or npm`
  const name = node
    ? specifier
    : specifier
        .split('/')
        .slice(0, specifier.startsWith('@') ? 2 : 1)
        .join('/')
  const places = PLACES[name]
  if (places === undefined) return node ? null : 'no place is set for this library (test/rules/layers.ts)'
  return places.includes(layer) ? null : `only ${places.join(', ')} may`
}

/** Files that import each other in a ring, as 'a → b → a'; workers are not rings, they run apart. */
export function cycles(files: ReadonlyMap<string, string>): string[] {
  const edges = new Map([...files].map(([file, text]) => [file, targets(file, text)]))
  const done = new Set<string>()
  const rings: string[] = []
  const visit = (file: string, trail: readonly string[]) => {
    const seen = trail.indexOf(file)
    if (seen >= 0) return void rings.push([...trail.slice(seen), file].join(' → '))
    if (done.has(file)) return
    for (const target of edges.get(file) ?? []) visit(target, [...trail, file])
    done.add(file)
  }
  for (const file of edges.keys()) visit(file, [])
  return rings
}

const targets = (file: string, text: string): string[] =>
  importsOf(scan(text))
    .filter(found => found.specifier.startsWith('.') && !found.worker)
    .map(found => resolve(file, found.specifier))

/** Files of mail and policy that reach node: through a file of lib: they would be pure in name only. */
export function impure(files: ReadonlyMap<string, string>): string[] {
  const reaches = (file: string): boolean => {
    const found = importsOf(scan(files.get(file) ?? ''))
    return found.some(({ specifier }) => specifier.startsWith('node:') || (specifier.startsWith('.') && reaches(resolve(file, specifier))))
  }
  return [...files.keys()].filter(file => ['mail', 'policy'].includes(layerOf(file)) && reaches(file))
}
