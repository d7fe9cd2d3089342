import { afterEach, describe, expect, test, vi } from 'vitest'
import { freePorts, waitForPort } from '../../support/ports.ts'
import { findProgram, needService, ServiceMissing, skipWithout } from '../../support/services.ts'

afterEach(() => vi.unstubAllEnvs())

// A user who may not install, on a machine that has nothing: root and Debian are what decides.
const elsewhere = () => {
  vi.stubEnv('PATH', '/nonexistent')
  vi.spyOn(process, 'getuid').mockReturnValue(1000)
}

describe('services', () => {
  test('a program is found by name, with its path', () => {
    expect(findProgram('sh')).toMatch(/\/sh$/)
    expect(findProgram('no-such-program-here')).toBeNull()
  })

  test('what is missing is named, with the command that installs it', () => {
    elsewhere()
    vi.stubEnv('CI', '')
    expect(() => needService('gcc')).toThrow(ServiceMissing)
    expect(skipWithout('gcc')).toBe('gcc is needed (gcc not found). Install it: apt-get install gcc libc6-dev')
    vi.restoreAllMocks()
  })

  test('under CI missing is a failure', () => {
    elsewhere()
    vi.stubEnv('CI', 'true')
    expect(() => skipWithout('gcc')).toThrow(ServiceMissing)
    vi.restoreAllMocks()
  })
})

describe('ports', () => {
  test('all different', async () => {
    const ports = await freePorts(20)
    expect(new Set(ports).size).toBe(20)
  })

  test('nobody there: an error, at once where the process has ended', async () => {
    const [port] = await freePorts(1)
    await expect(waitForPort(port!, 60)).rejects.toThrow(/after 60 ms/)
    await expect(waitForPort(port!, 60_000, () => false)).rejects.toThrow(/has ended/)
  })
})
