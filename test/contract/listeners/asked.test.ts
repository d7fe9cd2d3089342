/** The listeners that Postfix asks, over real sockets: order, pieces, limits, strangers, slow readers, and the end. */
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openAskListener } from '../../../src/listeners/ask-listener.ts'
import { netstringReader } from '../../../src/listeners/socketmap/netstring.ts'
import type { KeyVerifier } from '../../../src/transaction/ports.ts'
import { type Asked, type Asking, actions, asking, netstring, netstrings, request, withAsked } from '../../support/ask-client.ts'
import { testSite, testVerifier } from '../../support/site.ts'
import { until } from './until.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postern-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** Both protocols pass the same tests: a question with a good answer, one with a bad one, one that waits, and what each isn't. */
const protocols = {
  socketmap: {
    cut: netstrings,
    good: netstring('recipients incoming+goodkey@in.test'),
    bad: netstring('recipients nobody@in.test'),
    slow: netstring('recipients loud+SlowGoodKey@in.test'),
    fails: netstring('recipients loud+Rejects@in.test'),
    /** So many of them that their answers fit into no socket's buffers. */
    many: { question: netstring(`recipients ${'k'.repeat(490)}@all.test`), thousands: 40 },
    answers: { good: /^OK incoming/, bad: /^NOTFOUND $/, slow: /^OK loud/, fails: /^TEMP Temporary failure/ },
    malformed: ['x', '05:hello,', '99999:', '5:hello!', 'GET / HTTP/1.1\r\n\r\n'],
  },
  policy: {
    cut: actions,
    good: request(),
    bad: request({ recipient: 'nobody@in.test' }),
    slow: request({ recipient: 'incoming+SlowGoodKey@in.test' }),
    fails: request({ recipient: 'incoming+Rejects@in.test' }),
    many: { question: request({ recipient: 'nobody@in.test' }), thousands: 120 },
    answers: { good: /^DUNNO$/, bad: /^550 5\.1\.1 /, slow: /^DUNNO$/, fails: /^DEFER_IF_PERMIT 4\.3\.0 / },
    malformed: ['\n', 'x\n\n', 'request=x\n\n', 'request=smtpd_access_policy\na=\0\n\n', 'x'.repeat(70_000), 'GET / HTTP/1.1\r\n\n'],
  },
} as const

/** The mailbox `loud` really asks its store over the map too, since case doesn't matter to it. `lookedUp` hears of each question to a store. */
function siteWithLoud(lookedUp = () => {}) {
  const site = testSite()
  const given = site.mailboxes.get('incoming')!
  const verify: KeyVerifier['verify'] = query => {
    lookedUp()
    return testVerifier.verify(query)
  }
  const incoming = { ...given, routes: given.routes.map(route => ({ ...route, verifier: { ...testVerifier, verify } })) }
  const routes = incoming.routes.map(route => ({ ...route, verifier: { ...route.verifier, foldsCase: true } }))
  const domain = site.directory.domains.get('in.test')!
  const keyed = [...domain.keyed, { mailbox: 'loud', pattern: { ...domain.keyed[0]!.pattern, prefix: 'loud+' } }]
  const domains = new Map([...site.directory.domains, ['in.test', { ...domain, keyed }]])
  return {
    ...site,
    directory: { ...site.directory, domains },
    mailboxes: new Map([...site.mailboxes, ['incoming', incoming], ['loud', { ...incoming, name: 'loud', routes }]]),
  }
}

for (const what of ['socketmap', 'policy'] as const) {
  const { cut, good, bad, slow, fails, many, answers, malformed } = protocols[what]
  const withOpen = (use: (open: Asked, client: Asking) => Promise<void>, more: Parameters<typeof withAsked>[2] = {}) =>
    withAsked(
      what,
      async open => {
        const client = await asking(open.listener, cut)
        try {
          await use(open, client)
        } finally {
          client.socket.destroy()
        }
      },
      { with: siteWithLoud(), ...more },
    )

  describe(what, () => {
    test('several questions over one connection, one after the other', () =>
      withOpen(async (_, client) => {
        expect(await client.ask(good)).toMatch(answers.good)
        expect(await client.ask(bad)).toMatch(answers.bad)
        expect(await client.ask(fails)).toMatch(answers.fails)
        expect(await client.ask(good)).toMatch(answers.good)
      }))

    test('questions sent together are answered in order, those that must wait too', () =>
      withOpen(async (open, client) => {
        client.send([good, slow, bad, fails, slow, good].join(''))
        const got = await client.answers(6)
        const order = ['good', 'slow', 'bad', 'fails', 'slow', 'good'] as const
        expect(got).toHaveLength(6)
        got.forEach((answer, i) => {
          expect(answer).toMatch(answers[order[i]!])
        })
        expect(open.site.rows).toHaveLength(2)
      }))

    test('a question that comes octet by octet', () =>
      withOpen(async (_, client) => {
        client.socket.setNoDelay(true)
        for (const octet of good) {
          client.send(octet)
          await new Promise(resolve => setImmediate(resolve))
        }
        expect((await client.answers(1))[0]).toMatch(answers.good)
      }))

    test.each(malformed)('malformed: %#: that connection ends, the log hears of it', text =>
      withOpen(async (open, client) => {
        const other = await asking(open.listener, cut)
        client.send(good + text)
        const got = await client.closed()
        expect(got).toHaveLength(1)
        expect(await other.ask(good)).toMatch(answers.good)
        other.socket.destroy()
        const warned = open.site.logged.filter(line => line.level === 'warn')
        expect(warned).toMatchObject([{ fields: { listener: what, client: '127.0.0.1', problem: expect.any(String) } }])
        expect(open.site.logged.filter(line => line.level === 'error')).toEqual([])
      }),
    )

    test('the log hears of the first five in a minute', () =>
      withOpen(async open => {
        for (let i = 0; i < 8; i++) {
          const client = await asking(open.listener, cut)
          client.send(malformed[1])
          await client.closed()
        }
        expect(open.site.logged).toHaveLength(5)
      }))

    test('who is not trusted is closed at once, and leaves a trace', () =>
      withOpen(
        async (open, client) => {
          client.send(good)
          expect(await client.closed()).toEqual([])
          expect(open.site.rows).toMatchObject([{ listener: what, client: '127.0.0.1', reason: 'connection.not-trusted' }])
        },
        { trusted: ['192.0.2.1'] },
      ))

    test('over a UNIX socket who can open it may ask', async () => {
      const at = { path: join(folder, what), mode: 0o620 }
      await withAsked(
        what,
        async ({ listener }) => {
          expect(listener).toMatchObject({ address: at.path, port: null })
          expect((await stat(at.path)).mode & 0o777).toBe(0o620)
          const client = await asking(at, cut)
          expect(await client.ask(good)).toMatch(answers.good)
          client.socket.destroy()
        },
        { at, trusted: [] },
      )
      await expect(stat(at.path)).rejects.toThrow('ENOENT')
    })

    test('the most connections, and one more', () =>
      withOpen(
        async (open, first) => {
          const second = await asking(open.listener, cut)
          expect(await second.ask(good)).toMatch(answers.good)
          const third = await asking(open.listener, cut)
          expect(await third.closed()).toEqual([])
          expect(open.site.rows).toMatchObject([{ reason: 'connection.limit' }])
          second.socket.destroy()
          // The listener hears of it a moment later: who comes before is not served.
          let fourth: Asking
          await expect
            .poll(async () => {
              fourth = await asking(open.listener, cut)
              return await fourth.ask(good)
            })
            .toMatch(answers.good)
          expect(await first.ask(good)).toMatch(answers.good)
          fourth!.socket.destroy()
        },
        { connections: 2 },
      ))

    test('an idle connection ends, one that asks does not', () =>
      withOpen(
        async (open, idle) => {
          const busy = await asking(open.listener, cut)
          const asks = setInterval(() => busy.send(good), 200)
          await idle.closed()
          clearInterval(asks)
          expect((await busy.answers(3)).every(answer => answers.good.test(answer))).toBe(true)
          expect(busy.socket.readableEnded).toBe(false)
          busy.socket.destroy()
        },
        { idleTime: 1_500 },
      ))

    test('other limits hold from then on, for who is connected already as well', () =>
      withOpen(
        async (open, idle) => {
          open.listener.adjust({ idleTime: 60_000, connections: 1 })
          const one = await asking(open.listener, cut)
          expect(await one.closed()).toEqual([])
          expect(open.site.rows).toMatchObject([{ reason: 'connection.limit' }])
          open.listener.adjust({ idleTime: 300, connections: 1 })
          expect(await idle.closed()).toEqual([])
        },
        { connections: 2 },
      ))

    test('one that has answers behind it and then asks by the octet is idle too', () =>
      withOpen(
        async (_, client) => {
          expect(await client.ask(good)).toMatch(answers.good)
          client.send(many.question.slice(0, 20))
          const asks = setInterval(() => client.send('k'), 100)
          expect(await client.closed()).toEqual([])
          clearInterval(asks)
        },
        { idleTime: 1_500 },
      ))

    test('a client that doesn’t read is not answered without end, and is cut when it never does', async () => {
      const site = { ...siteWithLoud(), trace: { record: () => undefined } }
      let asked = 0
      const counting = () => {
        asked++
        return site
      }
      await withOpen(
        async (_, client) => {
          client.socket.pause()
          for (let i = 0; i < many.thousands; i++) client.send(many.question.repeat(1_000))
          await until(() => client.socket.closed)
          expect(asked).toBeGreaterThan(1_000)
          expect(asked).toBeLessThan(many.thousands * 1_000)
        },
        { idleTime: 1_500, site: counting },
      )
    })

    test('a client that closes its side still hears its answers', () =>
      withOpen(async (_, client) => {
        client.socket.end(good + slow)
        const got = await client.closed()
        expect(got).toHaveLength(2)
      }))

    test.each(['destroy', 'resetAndDestroy'] as const)('a client that leaves while its question is answered: %s', how =>
      withOpen(async (open, client) => {
        client.send(slow + bad)
        await new Promise(resolve => setTimeout(resolve, 2))
        client.socket[how]()
        await new Promise(resolve => setTimeout(resolve, 30))
        expect(open.site.logged).toEqual([])
        const next = await asking(open.listener, cut)
        expect(await next.ask(good)).toMatch(answers.good)
        next.socket.destroy()
      }),
    )

    test('close: idle connections end, questions under way are answered, nobody new comes in', async () => {
      let looked = 0
      const site = siteWithLoud(() => looked++)
      await withOpen(
        async (open, idle) => {
          const busy = await asking(open.listener, cut)
          busy.send(slow + good)
          await until(() => looked > 0)
          await open.listener.close(20_000)
          expect(await busy.closed()).toHaveLength(2)
          expect(await idle.closed()).toEqual([])
          await expect(asking(open.listener, cut)).rejects.toThrow('ECONNREFUSED')
          await open.listener.close(20_000)
        },
        { with: site },
      )
    })

    test('close: what is still there at the deadline is cut', () =>
      withOpen(async (open, client) => {
        client.socket.pause()
        for (let i = 0; i < many.thousands; i++) client.send(many.question.repeat(1_000))
        await new Promise(resolve => setTimeout(resolve, 200))
        const start = Date.now()
        await open.listener.close(300)
        expect(Date.now() - start).toBeLessThan(3_000)
      }))

    test('a place that is taken is an error, and leaves nothing open', () =>
      withOpen(async open => {
        const again = withAsked(what, async () => undefined, { at: { host: '127.0.0.1', port: open.listener.port! } })
        await expect(again).rejects.toThrow('EADDRINUSE')
      }))
  })
}

test('an error before there is a transaction is a "later", and the next question is answered', async () => {
  for (const what of ['socketmap', 'policy'] as const) {
    const { cut, good } = protocols[what]
    let broken = true
    const site = testSite({
      newId: () => {
        if (broken) throw new Error('secret detail')
        return '0123456789abcdef'
      },
    })
    await withAsked(
      what,
      async ({ listener }) => {
        const client = await asking(listener, cut)
        expect(await client.ask(good)).toMatch(/^(?:TEMP|DEFER_IF_PERMIT) Temporary failure$/)
        broken = false
        expect(await client.ask(good)).toMatch(protocols[what].answers.good)
        client.socket.destroy()
        expect(site.logged).toMatchObject([{ level: 'error', fields: { listener: what } }])
      },
      { with: site as ReturnType<typeof testSite> },
    )
  }
})

test('whatever a protocol does at a question, only that question pays for it', async () => {
  const site = testSite()
  const at = { host: '127.0.0.1', port: 0 }
  const listener = await openAskListener<string>(
    'test',
    { site: () => site, at, trusted: ['127.0.0.1'], idleTime: 60_000, connections: 5 },
    {
      reader: netstringReader,
      answer: question => {
        if (question === 'throw') throw new Error('secret')
        return question === 'reject' ? Promise.reject(new Error('secret')) : netstring(question)
      },
      sorry: netstring('sorry'),
    },
  )
  const client = await asking(listener, netstrings)
  client.send(['1', 'throw', 'reject', '2', 'reject'].map(netstring).join(''))
  expect(await client.answers(5)).toEqual(['1', 'sorry', 'sorry', '2', 'sorry'])
  expect(site.logged.map(line => line.level)).toEqual(['error', 'error', 'error'])
  client.socket.destroy()
  await listener.close(0)
})

test('each question is answered by the site of its moment', async () => {
  const first = testSite()
  const second = { ...testSite(), mailboxes: first.mailboxes, directory: { domains: new Map(), primary: null } }
  let now: ReturnType<typeof testSite> = first
  await withAsked(
    'socketmap',
    async ({ listener }) => {
      const client = await asking(listener, netstrings)
      expect(await client.ask(protocols.socketmap.good)).toMatch(/^OK /)
      now = second
      expect(await client.ask(protocols.socketmap.good)).toBe('NOTFOUND ')
      client.socket.destroy()
    },
    { site: () => now },
  )
})
