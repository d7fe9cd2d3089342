import { execFile } from 'node:child_process'
import { readdirSync, symlinkSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makePostern, type Postern, removeFolder, temporaryFolder } from '../support/postern.ts'

const run = promisify(execFile)
const root = path.join(import.meta.dirname, '../..')
const at = { folder: '', dist: '' }

// As in the image: package.json, node_modules and dist side by side, and no src.
beforeAll(async () => {
  at.folder = await temporaryFolder('build')
  at.dist = path.join(at.folder, 'dist')
  await run(process.execPath, [path.join(root, 'deploy', 'build.ts'), at.dist])
  await copyFile(path.join(root, 'package.json'), path.join(at.folder, 'package.json'))
  symlinkSync(path.join(root, 'node_modules'), path.join(at.folder, 'node_modules'))
})
afterAll(() => removeFolder(at.folder))

const files = (folder: string) => readdirSync(folder, { recursive: true, withFileTypes: true }).filter(file => file.isFile())

describe('npm run build', () => {
  test('gives each module and each other file of src', () => {
    const under = (folder: string) =>
      files(folder)
        .map(file => path.relative(folder, path.join(file.parentPath, file.name)).replace(/\.[jt]s$/, '.js'))
        .sort()
    expect(under(at.dist)).toEqual(under(path.join(root, 'src')))
  })

  test('gives a command that can be started', async () => {
    const { stdout } = await run(path.join(at.dist, 'cli.js'), ['--version'], {
      env: { PATH: `${path.dirname(process.execPath)}:${process.env.PATH}` },
    })
    expect(stdout.trim()).toMatch(/^\d+\.\d+\.\d+$/)
  })

  test('gives a server that takes mail, threads and page included', async () => {
    const postern: Postern = await makePostern({ folder: path.join(at.folder, 'run'), cli: path.join(at.dist, 'cli.js') })
    await postern.start()
    try {
      const { stdout } = await postern.run('send-test')
      expect(stdout).toMatch(/^state +delivered$/m)
      expect((await fetch(`http://127.0.0.1:${postern.ports.http}/style.css`)).status).toBe(200)
    } finally {
      expect(await postern.end('SIGTERM')).toBe(0)
    }
  })
})
