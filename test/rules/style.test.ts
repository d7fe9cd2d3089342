import { describe, expect, test } from 'vitest'
import { filesUnder, sources, typescriptUnder } from './files.ts'
import {
  barrel,
  check,
  consoleUse,
  defaultExport,
  length,
  literalReplies,
  machinePath,
  moduleState,
  onlyOrSkip,
  opening,
  type Rule,
} from './style.ts'

const src = sources(typescriptUnder('src'))
const all = sources(
  [...typescriptUnder('src', 'test', 'bench', 'docs'), 'vitest.config.ts'].filter(file => !/^test\/rules\/.*\.test\.ts$/.test(file)),
)
const tests = sources(typescriptUnder('test').filter(file => !/^test\/rules\//.test(file)))
const written = sources(
  ['src', 'test', 'bench', 'docs', 'config', 'postfix', 'README.md', 'CHANGELOG.md', 'package.json', '.ci']
    .flatMap(filesUnder)
    .filter(file => !file.startsWith('test/rules/') && !/\.(png|svg|eml|lock|db)$/.test(file)),
)

const rules: Record<string, Rule> = {
  literalReplies,
  defaultExport,
  barrel,
  moduleState,
  consoleUse,
  onlyOrSkip,
  machinePath,
  length,
  opening,
}

describe('every file of src', () => {
  test('says no reply of its own', () => expect(check(literalReplies, src)).toEqual([]))
  test('has no default export', () => expect(check(defaultExport, src)).toEqual([]))
  test('is no barrel', () => expect(check(barrel, src)).toEqual([]))
  test('has no mutable state at module level', () => expect(check(moduleState, src)).toEqual([]))
  test('uses no console, but for the command line', () => expect(check(consoleUse, src)).toEqual([]))
  test('opens with a comment that says what it is', () => expect(check(opening, src)).toEqual([]))
})

describe('every file', () => {
  test('is short enough to be read at once', () => expect(check(length, all)).toEqual([]))
  test('names no machine', () => expect(check(machinePath, written)).toEqual([]))
})

test('every test runs', () => expect(check(onlyOrSkip, tests)).toEqual([]))

describe('the rules find', () => {
  test.each([
    ['literalReplies', 'src/a.ts', "socket.write('550 5.1.1 No')"],
    ['literalReplies', 'src/a.ts', 'socket.write(`\u0024{x}550-5.1.1 No`)'],
    ['literalReplies', 'src/a.ts', "socket.write('250 OK')"],
    ['literalReplies', 'src/delivery/a.ts', "const r = '451 4.3.0 Later'"],
    ['literalReplies', 'src/a.ts', "import { reply } from '../mail/reply.ts'\nconst r = reply(550, '1.1', 'No')"],
    ['defaultExport', 'src/a.ts', 'export default 1'],
    ['defaultExport', 'src/a.ts', 'export { a as default }'],
    ['barrel', 'src/a.ts', "export * from './b.ts'"],
    ['moduleState', 'src/a.ts', 'const a = 1\nlet b = 2'],
    ['moduleState', 'src/a.ts', 'export let b = 2'],
    ['consoleUse', 'src/a.ts', 'console.log(1)'],
    ['consoleUse', 'src/a.ts', 'const s = `\u0024{console.error(1)}`'],
    ['onlyOrSkip', 'test/a.ts', "test.only('x', f)"],
    ['onlyOrSkip', 'test/a.ts', "describe.concurrent.skip('x', f)"],
    ['opening', 'src/a.ts', "import 'x'"],
    ['machinePath', 'a.md', 'cd /home/ann/postern'],
    ['machinePath', 'a.ts', "const file = '/tmp/x'"],
    ['machinePath', 'a.ts', "const file = '/root/x'"],
    ['length', 'src/a.ts', '\n'.repeat(251)],
    ['length', 'test/a.ts', '\n'.repeat(501)],
  ] as const)('%s in %s: %j', (name, file, text) => {
    expect(rules[name]!(file, text)).toHaveLength(1)
  })
})

describe('the rules leave alone', () => {
  test.each([
    ['literalReplies', 'src/mail/replies.ts', "const r = reply(550, '1.1', '550 5.1.1 No')"],
    ['literalReplies', 'src/a.ts', '// 550 5.1.1 in a comment\nwrite(replies.done)'],
    ['literalReplies', 'src/listeners/http/a.ts', "const s = '503 Service Unavailable'"],
    ['literalReplies', 'src/a.ts', "function f(reply: Reply) { reply.send('250 things') }"],
    ['defaultExport', 'src/a.ts', "const s = 'export default 1'"],
    ['moduleState', 'src/a.ts', 'function f() {\n  let a = 1\n}'],
    ['consoleUse', 'src/cli/a.ts', 'console.log(1)'],
    ['consoleUse', 'src/cli.ts', 'console.log(1)'],
    ['onlyOrSkip', 'test/a.ts', "test.skipIf(missing)('x', f)"],
    ['machinePath', 'a.ts', "path.join(tmpdir(), 'x'); '/var/tmp/x'; 'root@example.org'; 'https://example.org/home/ann'"],
    ['length', 'src/a.ts', '\n'.repeat(250)],
  ] as const)('%s in %s: %j', (name, file, text) => {
    expect(rules[name]!(file, text)).toEqual([])
  })
})
