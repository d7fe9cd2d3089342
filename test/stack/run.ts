/**
 * `npm run stack:test`: builds the development stack, starts it under a name and on ports of its own, sends mail through it,
 * and takes it down with its volumes and images. Exit status 0 where everything worked, 1 where it didn't, 69 (EX_UNAVAILABLE)
 * where there is no engine to run it. COMPOSE=… names the compose to use.
 */
import { freePorts } from '../support/ports.ts'
import { application } from './application.ts'
import { type Engine, findEngine } from './engine.ts'
import { type Stack, steps } from './steps.ts'

const services = ['redis', 'app', 'postern', 'postfix'] as const
const started = Date.now()
const say = (text: string) => console.log(`${((Date.now() - started) / 1000).toFixed(1).padStart(6)} s  ${text}`)
const problem = (error: unknown) => {
  const { message, stderr, stdout } = error as { message: string; stderr?: string; stdout?: string }
  return [message, stdout, stderr].filter(Boolean).join('\n').slice(-6000)
}

async function takeSteps(stack: Stack): Promise<number> {
  let failed = 0
  for (const [title, step] of steps) {
    try {
      await step(stack)
      say(`ok      ${title}`)
    } catch (error) {
      failed++
      say(`FAILED  ${title}\n${problem(error)}`)
    }
  }
  return failed
}

async function test(engine: Engine, ports: readonly number[]): Promise<number> {
  try {
    say(`building, with ${engine.version}`)
    await engine.compose('build')
    say('starting')
    await engine.compose('up', '-d')
    for (const service of services) await engine.healthy(service)
    say('all four are healthy')
    const failed = await takeSteps({ engine, port: ports[0]!, app: application(`http://127.0.0.1:${ports[1]}`) })
    if (failed > 0) console.log(await engine.compose('logs', '--tail', '60'))
    return failed
  } catch (error) {
    say(`FAILED\n${problem(error)}`)
    console.log(await engine.compose('logs', '--tail', '60').catch(() => ''))
    return 1
  } finally {
    await engine.compose('down', '-v', '--rmi', 'local', '--remove-orphans')
    say('taken down')
  }
}

async function main(): Promise<number> {
  const ports = await freePorts(3)
  const environment = { POSTFIX_PORT: String(ports[0]), APP_PORT: String(ports[1]), PAGE_PORT: String(ports[2]) }
  const engine = findEngine(`postern-test-${process.pid}`, environment)
  if (typeof engine === 'string') {
    console.log(`The stack was not tested. ${engine}`)
    return 69
  }
  const failed = await test(engine, ports)
  console.log(`${steps.length - failed} passed, ${failed} failed`)
  return failed === 0 ? 0 : 1
}

process.exitCode = await main()
