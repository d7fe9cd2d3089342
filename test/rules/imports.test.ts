import { describe, expect, test } from 'vitest'
import { sources, typescriptUnder } from './files.ts'
import { cycles, impure, layerProblems } from './layers.ts'

const src = sources(typescriptUnder('src'))

describe('the source', () => {
  test('is found', () => expect(src.has('src/mail/reply.ts')).toBe(true))
  test('imports one way', () => expect(layerProblems(src)).toEqual([]))
  test('has no cycles', () => expect(cycles(src)).toEqual([]))
  test('keeps mail and policy pure, also through lib', () => expect(impure(src)).toEqual([]))
})

describe('the rule of one way', () => {
  test.each([
    ['src/lib/a.ts', '../mail/b.ts'],
    ['src/mail/a.ts', '../policy/b.ts'],
    ['src/policy/a.ts', '../transaction/ports.ts'],
    ['src/transaction/a.ts', '../spool/b.ts'],
    ['src/spool/a.ts', '../keys/b.ts'],
    ['src/listeners/smtp/a.ts', '../http/b.ts'],
    ['src/listeners/smtp/a.ts', '../../spool/b.ts'],
    ['src/delivery/processors/a.ts', '../../spool/b.ts'],
    ['src/spool/a.ts', '../config/b.ts'],
    ['src/transaction/a.ts', '../config/b.ts'],
    ['src/spool/a.ts', '../main.ts'],
    ['src/main.ts', './cli/b.ts'],
    ['src/main.ts', './lib/b'],
    ['src/main.ts', '../test/support/b.ts'],
    ['src/mail/a.ts', 'node:crypto'],
    ['src/policy/a/b.ts', 'node:net'],
    ['src/mail/a.ts', 'zod'],
    ['src/listeners/http/a.ts', 'smtp-server'],
    ['src/listeners/smtp/a.ts', 'nodemailer'],
    ['src/spool/a.ts', 'undici'],
    ['src/main.ts', 'fastify'],
    ['src/cli.ts', 'yaml'],
    ['src/main.ts', 'zod/v4'],
    ['src/main.ts', 'commander'],
    ['src/spool/a.ts', 'pino'],
    ['src/delivery/a.ts', 'node:sqlite'],
    ['src/main.ts', 'left-pad'],
  ])('%s may not import %s', (file, specifier) => {
    for (const line of [
      `import { x } from '${specifier}'`,
      `import type { X } from "${specifier}"`,
      `await import('${specifier}')`,
      `export { x } from '${specifier}'`,
    ])
      expect(layerProblems(new Map([[file, line]]))).toHaveLength(1)
  })

  test.each([
    ['src/lib/a.ts', 'node:net'],
    ['src/policy/a/b.ts', '../../mail/c.ts'],
    ['src/policy/a/b.ts', '../../lib/c.ts'],
    ['src/transaction/a.ts', '../policy/limits/b.ts'],
    ['src/spool/a.ts', 'node:sqlite'],
    ['src/delivery/processors/a.ts', '../outcome.ts'],
    ['src/delivery/processors/a.ts', 'undici'],
    ['src/listeners/smtp/a.ts', '../open.ts'],
    ['src/listeners/smtp/a.ts', 'smtp-server'],
    ['src/check/a.ts', '../config/b.ts'],
    ['src/config/a.ts', 'zod'],
    ['src/main.ts', './spool/b.ts'],
    ['src/cli/a.ts', '../main.ts'],
    ['src/cli.ts', './cli/b.ts'],
    ['src/cli/a.ts', 'commander'],
  ])('%s may import %s', (file, specifier) => {
    expect(layerProblems(new Map([[file, `import { x } from '${specifier}'`]]))).toEqual([])
  })

  test('a worker’s file counts as an import', () => {
    expect(layerProblems(new Map([['src/spool/a.ts', "new Worker(new URL('../keys/b.ts', import.meta.url))"]]))).toHaveLength(1)
  })

  test('what stands in a comment, a string or a regular expression is no import', () => {
    const text =
      '// import x from "../keys/a.ts"\n/* import "../keys/a.ts" */\nconst s = `import x from \'../keys/a.ts\'`\nconst r = /[\'"]/; const t = "x"'
    expect(layerProblems(new Map([['src/spool/a.ts', text]]))).toEqual([])
  })
})

describe('the rule of no cycles', () => {
  const ring = new Map([
    ['src/lib/a.ts', "import { b } from './b.ts'"],
    ['src/lib/b.ts', "import type { C } from './c/c.ts'"],
    ['src/lib/c/c.ts', "export { a } from '../a.ts'"],
    ['src/lib/d.ts', "import { a } from './a.ts'"],
  ])
  test('finds a ring', () => expect(cycles(ring)).toEqual(['src/lib/a.ts → src/lib/b.ts → src/lib/c/c.ts → src/lib/a.ts']))
  test('takes two ways to one file for no ring', () => {
    expect(cycles(new Map([...ring, ['src/lib/c/c.ts', ''], ['src/lib/e.ts', "import './d.ts'\nimport './a.ts'"]]))).toEqual([])
  })
})

test('the rule of purity finds node: behind a file of lib', () => {
  const files = new Map([
    ['src/policy/a.ts', "import { b } from '../lib/b.ts'"],
    ['src/lib/b.ts', "import { c } from './c.ts'"],
    ['src/lib/c.ts', "import 'node:net'"],
    ['src/mail/d.ts', ''],
  ])
  expect(impure(files)).toEqual(['src/policy/a.ts'])
})
