/**
 * `npm run build`: JavaScript in dist/, for an image that compiles nothing at its start. tsc writes the modules under the
 * same names with .js; what is no module (style sheets) is copied. From a checkout nothing needs building.
 */
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'

const root = dirname(import.meta.dirname)
const at = (...names: readonly string[]) => join(root, ...names)
/** `node deploy/build.ts FOLDER` writes elsewhere. */
const dist = process.argv[2] ?? at('dist')

rmSync(dist, { recursive: true, force: true })
const tsc = [at('node_modules', '.bin', 'tsc'), '-p', at('tsconfig.build.json'), '--outDir', dist]
const { status } = spawnSync(process.execPath, tsc, { stdio: 'inherit' })
if (status !== 0) process.exit(1)
cpSync(at('src'), dist, { recursive: true, filter: file => !file.endsWith('.ts') })
// Keeps its first line, so that it can be started as a command.
chmodSync(join(dist, 'cli.js'), 0o755)
