import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'

const read = (file: string) => readFileSync(path.join(import.meta.dirname, '../../..', file), 'utf8')
const compose = parse(read('docker-compose.yml')) as { services: Record<string, Record<string, unknown>> }
const services = Object.entries(compose.services)
const start = (JSON.parse(read('package.json')) as { scripts: { start: string } }).scripts.start
const flags = start.match(/--\S+/g) ?? []

describe('docker-compose.yml', () => {
  test('has nothing that docker-compose 1.29.2 refuses', () => {
    expect(Object.keys(compose).sort()).toEqual(['services', 'volumes'])
    const known =
      /^(build|cap_drop|command|depends_on|environment|healthcheck|image|init|ports|read_only|restart|security_opt|stop_grace_period|volumes)$/
    expect(services.flatMap(([, service]) => Object.keys(service)).filter(key => !known.test(key))).toEqual([])
  })

  test('publishes ports on loopback only', () => {
    const ports = services.flatMap(([, { ports = [] }]) => ports as string[])
    expect(ports.length).toBe(3)
    expect(ports.filter(port => !port.startsWith('127.0.0.1:'))).toEqual([])
  })

  test('gives Postern longer to stop than it takes to drain', () => {
    const drain = Number(/drainTime = (\d+)_000/.exec(read('src/cli/serve.ts'))![1])
    expect(Number.parseInt(compose.services.postern!.stop_grace_period as string, 10)).toBeGreaterThan(drain)
    expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(read('deploy/postern.service'))![1])).toBeGreaterThan(drain)
  })
})

test.each(['Dockerfile', 'postfix/Dockerfile', 'examples/app/Dockerfile'])('%s has nothing that only BuildKit knows', file => {
  expect(read(file)).not.toMatch(/^#\s*syntax=|RUN\s+--|COPY\s+--(?!from=)|<</m)
})

test('npm start leaves no shell between itself and the server, which would keep a SIGTERM for itself', () => {
  expect(start).toMatch(/^NODE_COMPILE_CACHE=\S+ exec node /)
})

test('systemd starts Postern again where a reload came before it could listen for one', () => {
  expect(read('deploy/postern.service')).toMatch(/^RestartForceExitStatus=SIGHUP$/m)
})

test.each(['Dockerfile', 'deploy/postern.service'])('%s starts node with the flags of npm start', file => {
  expect(flags.length).toBeGreaterThan(1)
  const line = /^(?:ENTRYPOINT|ExecStart=).*$/m.exec(read(file))![0]
  expect(line.match(/--(?!config)[a-z][^\s",]*/g)).toEqual(flags)
})

test('the Postfix of the stack sets nothing that the shipped main.cf does not have', () => {
  const set = [...read('postfix/entrypoint.sh').matchAll(/^ {2}"(\w+) = /gm)].map(match => match[1]!)
  expect(set.length).toBeGreaterThan(5)
  const shipped = read('postfix/lmtp/main.cf')
  expect(set.filter(name => !new RegExp(`^${name} = `, 'm').test(shipped))).toEqual([])
})
