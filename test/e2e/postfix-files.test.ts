/**
 * The shipped files among each other: what two of them both set they set alike, unless it is named here; Postfix finds
 * nothing to complain about in any of them; and the lines that are shown commented out work when they are switched on.
 */
import { spawnSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { eventually } from '../support/behind-postfix.ts'
import { mailClient } from '../support/mail-client.ts'
import { freePort } from '../support/ports.ts'
import { removeFolder, temporaryFolder } from '../support/postern.ts'
import { type Postfix, startPostfix } from '../support/postfix.ts'
import { findProgram, skipWithout } from '../support/services.ts'
import { startSink } from '../support/smtp-sink.ts'

const missing = skipWithout('postfix')
const shipped = path.join(import.meta.dirname, '..', '..', 'postfix')
const configurations = ['lmtp', 'before-queue', 'probes'] as const
const differs = new Set(['config_directory', 'relay_transport', 'smtpd_recipient_restrictions'])

const postconf = (configuration: string) =>
  spawnSync(findProgram('postconf')!, ['-c', path.join(shipped, configuration), '-n'], { encoding: 'utf8' })
const parameters = (configuration: string) =>
  new Map(
    postconf(configuration)
      .stdout.trim()
      .split('\n')
      .map(line => line.split(/ = ?/, 2) as [string, string]),
  )

describe.skipIf(missing !== null)(`the files of postfix/${missing === null ? '' : ` (${missing})`}`, () => {
  let postfix: Postfix | null = null
  let folder = ''
  afterEach(async () => {
    await postfix?.stop()
    postfix = null
    if (folder !== '') await removeFolder(folder)
  })

  test.each(configurations)('%s: no setting is misspelt or unused', configuration => {
    const { status, stderr } = postconf(configuration)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })

  test.each(['before-queue', 'probes'])('%s sets what lmtp sets too to the same value', configuration => {
    const [ours, lmtp] = [parameters(configuration), parameters('lmtp')]
    const common = [...ours.keys()].filter(name => lmtp.has(name) && !differs.has(name))
    expect(common.length).toBeGreaterThan(30)
    expect(common.filter(name => ours.get(name) !== lmtp.get(name))).toEqual([])
  })

  test.each(['lmtp', 'before-queue'] as const)('%s: postscreen works when its lines are switched on', async configuration => {
    folder = await temporaryFolder('postscreen')
    const [smtpPort, nobody] = [await freePort(), await freePort()]
    const asks = { socketmap: nobody, policy: nobody }
    postfix = await startPostfix({ configuration, folder, smtpPort, lmtpPort: nobody, asks })
    await postfix.stop()
    const etc = path.join(folder, 'etc')
    const master = await readFile(path.join(etc, 'master.cf'), 'utf8')
    const switched = master
      .replace(/^127\.0\.0\.1:\d+ .*smtpd$/m, '')
      .replace(/^#smtp {6}/m, `127.0.0.1:${smtpPort} `)
      .replace(/^#(?=smtpd|dnsblog|tlsproxy)/gm, '')
    await writeFile(path.join(etc, 'master.cf'), switched)
    const main = await readFile(path.join(etc, 'main.cf'), 'utf8')
    // Block lists are names on the internet: they stay off.
    await writeFile(
      path.join(etc, 'main.cf'),
      main.replace(/^#(?=postscreen_(?!dnsbl))/gm, '').replace(/greet_wait = 4s/, 'greet_wait = 1s'),
    )
    expect(switched.match(/^(?:smtpd|dnsblog|tlsproxy) /gm)).toHaveLength(3)
    await postfix.command('postfix', 'start')
    const client = await eventually(() => mailClient({ port: smtpPort }).catch(() => undefined))
    await client.command('MAIL FROM:<writer@example.org>')
    expect(await client.command('RCPT TO:<writer@example.org>')).toMatch(/^554 5\.7\.1 /)
    client.close()
    expect(postfix.log()).toMatch(/postfix\/postscreen\[\d+\]: (?:ALLOWLISTED|WHITELISTED|PASS)/)
    expect(postfix.log()).not.toMatch(/fatal:|panic:|unused parameter/)
  })

  test.each(['lmtp', 'before-queue'] as const)('%s: the lines for notices let them out, and nothing else', async configuration => {
    folder = await temporaryFolder('way-out')
    const sink = await startSink(path.join(folder, 'sink'), { smtp: true })
    try {
      const [smtpPort, submissionPort, nobody] = [await freePort(), await freePort(), await freePort()]
      // Stands for the MX of everybody.
      const settings = { default_filter_nexthop: `[127.0.0.1]:${sink.port}` }
      const places = { folder: path.join(folder, 'postfix'), smtpPort, submissionPort, lmtpPort: nobody }
      postfix = await startPostfix({ configuration, ...places, asks: { socketmap: nobody, policy: nobody }, settings })
      const outside = await mailClient({ port: smtpPort })
      await outside.command('MAIL FROM:<>')
      expect(await outside.command('RCPT TO:<stranger@example.org>')).toMatch(/^554 5\.7\.1 /)
      outside.close()
      await postfix.submit({ sender: 'root@mx.example.com', recipients: ['stranger@example.org'], message: 'Subject: cron\n\nno\n' })
      const inside = await mailClient({ port: submissionPort })
      await inside.command('MAIL FROM:<>')
      expect(await inside.command('RCPT TO:<writer@example.org>')).toMatch(/^250 /)
      await inside.command('DATA')
      expect((await inside.data('Subject: Not delivered\r\n\r\nyes\r\n'))[0]).toMatch(/^250 /)
      inside.close()
      const [notice] = await eventually(async () => ((await sink.messages()).length > 0 ? await sink.messages() : undefined))
      expect(notice).toMatch(/^X-Rcpt-Args: <writer@example\.org>/m)
      await eventually(() => /5\.7\.1, status=bounced \(this host only receives mail\)/.test(postfix!.log()) || undefined)
      expect(await sink.messages()).toHaveLength(1)
      expect(postfix.log()).not.toMatch(/fatal:|panic:|unused parameter/)
    } finally {
      await sink.stop()
    }
  })
})
