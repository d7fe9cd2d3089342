// The log in a process of its own, because what matters is what is written when that process ends, and how.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'

const folder = mkdtempSync(path.join(tmpdir(), 'postern-log-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const LOG = new URL('../../../src/observe/log.ts', import.meta.url).href
const program = (body: string, options: object = {}) =>
  `import { createLog } from '${LOG}'\nconst { log, flush } = createLog(${JSON.stringify({ level: 'info', ...options })})\n${body}`
const node = (text: string) => ['--input-type=module', '-e', text]
const run = (body: string, options?: object) => {
  const done = spawnSync(process.execPath, node(program(body, options)), { encoding: 'utf8', timeout: 30_000 })
  return { ...done, lines: done.stdout.split('\n').filter(line => line !== '') }
}
const parsed = (lines: readonly string[]) => lines.map(line => JSON.parse(line) as Record<string, unknown>)

test('a line is a JSON object with ISO time and the level by name', () => {
  const { lines, status } = run("log.info({ id: 'x' }, 'hello')")
  expect(status).toBe(0)
  const [line] = parsed(lines)
  expect(line).toMatchObject({ level: 'info', id: 'x', msg: 'hello' })
  expect(line!.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  expect(Object.keys(line!)).toEqual(['level', 'time', 'id', 'msg'])
})

test('what moves the cursor or turns the writing round stands as its escape, and reads as it was', () => {
  const helo = '\u001b[2J\u009b2J\u202eé\\'
  const { stdout, lines } = run(`log.info({ helo: ${JSON.stringify(helo)} }, 'hello')`)
  expect(stdout).not.toMatch(/[\u001b\u0080-\u009f\u202a-\u202e]/)
  expect(stdout).toContain('é')
  expect(parsed(lines)).toMatchObject([{ helo }])
})

test('lines below the level are left out', () => {
  const { lines } = run("log.debug('a'); log.info('b'); log.warn('c'); log.error('d')", { level: 'warn' })
  expect(parsed(lines).map(line => line.msg)).toEqual(['c', 'd'])
})

test.each([
  '',
  'process.exit(0)',
  "process.on('SIGTERM', () => { flush(); process.exit(0) }); process.kill(process.pid, 'SIGTERM'); setTimeout(() => {}, 5000)",
])('nothing is lost at the end: %j', end => {
  // Somebody reads the pipe all the time: a reader that hangs for half a second loses lines, and this process may stall so long.
  const [file, text] = [path.join(folder, 'end'), program(`for (let n = 0; n < 5000; n++) log.info({ n }, 'line')\n${end}`)]
  spawnSync('/bin/sh', ['-c', '"$0" --input-type=module -e "$1" | cat > "$2"', process.execPath, text, file], { timeout: 30_000 })
  const lines = readFileSync(file, 'utf8').trim().split('\n')
  expect(parsed(lines).map(line => line.n)).toEqual(Array.from({ length: 5000 }, (_, n) => n))
})

test('a fatal line is out before the process dies, whatever kills it', () => {
  const { lines } = run("log.info('before'); log.fatal('last'); process.kill(process.pid, 'SIGKILL')")
  expect(parsed(lines).map(line => line.msg)).toEqual(['before', 'last'])
})

test('a single line is written soon', async () => {
  const child = spawn(process.execPath, node(program("log.info('soon'); setTimeout(() => {}, 40_000)")))
  const start = Date.now()
  const text = await new Promise<string>(resolve => child.stdout.once('data', chunk => resolve(String(chunk))))
  child.kill('SIGKILL')
  expect(text).toContain('"soon"')
  // The start of the process is in it too; what is written at its end comes after 40 s.
  expect(Date.now() - start).toBeLessThan(8_000)
})

test('secrets are redacted, errors have their stack', () => {
  const { lines } = run("log.info({ secret: 's3', password: 's3', token: 's3', authorization: 's3', err: new Error('broken') }, 'x')")
  expect(lines[0]).not.toContain('s3')
  expect(parsed(lines)[0]).toMatchObject({
    secret: '[redacted]',
    err: { message: 'broken', stack: expect.stringContaining('Error: broken') },
  })
})

test('a value from a peer can’t make a second line', () => {
  const { lines } = run('log.info({ sender: \'a\\n{"level":"fatal"}\\r\\u2028\' }, \'x\')')
  expect(lines).toHaveLength(1)
})

test.runIf(process.platform === 'linux')('a full disk neither ends the process nor keeps it from ending', () => {
  const { status, stderr } = run(
    "for (let n = 0; n < 5000; n++) log.info({ n }, 'x'); setTimeout(() => process.stdout.write('alive'), 300)",
    {
      destination: '/dev/full',
    },
  )
  expect([status, stderr]).toEqual([0, ''])
})

test('a reader that goes away does not end the process', async () => {
  const child = spawn(
    process.execPath,
    node(program("setInterval(() => log.info('x'.repeat(5000)), 5); setTimeout(() => process.exit(7), 700)")),
  )
  child.stdout.once('data', () => child.stdout.destroy())
  expect(await new Promise(resolve => child.once('exit', resolve))).toBe(7)
})

test('a file is appended to', () => {
  const file = path.join(folder, 'log')
  for (const word of ['one', 'two']) run(`log.info('${word}')`, { destination: file })
  expect(parsed(readFileSync(file, 'utf8').trim().split('\n')).map(line => line.msg)).toEqual(['one', 'two'])
})

test('for people: readable, and no control characters of a peer', () => {
  const { stdout } = run("log.info({ helo: '\\u001b[2J\\u009b2J\\u202e' }, 'hello')", { pretty: true })
  expect(stdout).toContain('hello')
  expect(stdout).not.toContain('{"level"')
  expect(stdout).not.toMatch(/\u001b\[2J|[\u0080-\u009f\u202e]/)
})
