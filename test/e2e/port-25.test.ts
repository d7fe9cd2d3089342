import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { chown, mkdir, readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../support/ports.ts'
import { removeFolder, temporaryFolder } from '../support/postern.ts'
import { findProgram } from '../support/services.ts'

// The way of deploy/postern.service: an ordinary user, CAP_NET_BIND_SERVICE as the one ambient capability, which a process
// without root's powers needs for ports below 1024. A free one of them on an address of its own stands for port 25.
const root = path.join(import.meta.dirname, '../..')
const node = process.execPath
const user = 65534
const cli = path.join(root, 'src', 'cli.ts')
const ordinary = [`--reuid=${user}`, `--regid=${user}`, '--clear-groups']

function missing(): string | null {
  if (process.getuid?.() !== 0) return 'only root can hand out a capability'
  const setpriv = findProgram('setpriv')
  if (setpriv === null) return 'setpriv is not here'
  if (readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8').trim() === '0')
    return 'ports below 1024 are open to everybody here'
  const { status } = spawnSync(setpriv, [...ordinary, node, '-e', 'require("node:fs").accessSync(process.argv[1])', cli], {
    stdio: 'ignore',
  })
  return status === 0 ? null : 'an ordinary user may not read this checkout'
}

const needs = missing()
const at: { folder: string; children: ChildProcess[] } = { folder: '', children: [] }

const yaml = (http: number) => `hostname: incoming.example.com
listeners:
  smtp: { host: 127.0.25.25, port: 25 }
  http: { host: 127.0.0.1, port: ${http} }
spool: { sqlite: { directory: spool, minimum-free: 1MiB } }
mailboxes:
  - { name: box, address: box@incoming.example.com, key: none, routes: [{ name: all, processor: shelf }] }
processors: { shelf: { inbox: {} } }
`

/** Starts Postern as an ordinary user; resolves to its output at "ready", or at its end. */
async function start(...capabilities: readonly string[]): Promise<{ child: ChildProcess; output: string }> {
  const serve = [node, cli, 'serve', '--config', 'postern.yaml']
  const child = spawn(findProgram('setpriv')!, [...ordinary, ...capabilities, ...serve], {
    cwd: at.folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  at.children.push(child)
  let output = ''
  child.stderr!.on('data', chunk => {
    output += chunk
  })
  const ready = new Promise<void>(resolve => {
    child.stdout!.on('data', chunk => {
      output += chunk
      if (output.includes('"msg":"ready"')) resolve()
    })
  })
  await Promise.race([ready, once(child, 'exit')])
  return { child, output }
}

describe.skipIf(needs !== null)(`port 25 as an ordinary user${needs === null ? '' : ` (${needs})`}`, () => {
  beforeAll(async () => {
    at.folder = await temporaryFolder('port-25')
    await mkdir(path.join(at.folder, 'spool'))
    await writeFile(path.join(at.folder, 'postern.yaml'), yaml(await freePort()))
    for (const name of ['', 'spool']) await chown(path.join(at.folder, name), user, user)
  })
  afterAll(async () => {
    for (const child of at.children) child.kill('SIGKILL')
    await removeFolder(at.folder)
  })

  test('is refused without the capability', async () => {
    const { child, output } = await start('--bounding-set=-all', '--inh-caps=-all')
    expect(output).toContain('EACCES')
    expect(child.exitCode).toBe(1)
  })

  test('is had with the one capability, and nothing else of what root may do', async () => {
    const capability = [
      '--bounding-set=-all,+net_bind_service',
      '--inh-caps=-all,+net_bind_service',
      '--ambient-caps=-all,+net_bind_service',
    ]
    const { child, output } = await start(...capability)
    expect(output).toContain('smtp 127.0.25.25:25')
    const status = await readFile(`/proc/${child.pid}/status`, 'utf8')
    expect(status).toMatch(/^Uid:\s+65534\s+65534\s+65534\s+65534$/m)
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) expect(status).toMatch(new RegExp(`^${set}:\\s+0{13}400$`, 'm'))
    const socket = connect(25, '127.0.25.25')
    const [greeting] = (await once(socket, 'data')) as [Buffer]
    expect(greeting.toString()).toMatch(/^220 incoming\.example\.com /)
    socket.destroy()
    child.kill('SIGTERM')
    expect((await once(child, 'exit'))[0]).toBe(0)
  })
})
