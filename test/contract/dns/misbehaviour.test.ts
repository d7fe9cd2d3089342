/** Servers that are slow, wrong, forged or hostile: what the resolver makes of each, how long it takes, and how often it asks. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Answer, encode, TRUNCATED_RESPONSE } from 'dns-packet'
import { afterEach, describe, expect, it } from 'vitest'
import { createResolver, type Resolver, type ResolverOptions } from '../../../src/authentication/dns/resolver.ts'
import { records, type ScriptedAnswer, type ScriptedDns, type ScriptedQuestion, scriptedDns } from '../../support/scripted-dns.ts'

type Handler = (question: ScriptedQuestion) => ScriptedAnswer | Promise<ScriptedAnswer>

const open: (() => unknown)[] = []
afterEach(async () => {
  for (const close of open.splice(0)) await close()
})

async function serverOf(handler: Handler): Promise<ScriptedDns> {
  const server = await scriptedDns(handler)
  open.push(server.stop)
  return server
}

function resolverFor(servers: readonly ScriptedDns[], options: Partial<ResolverOptions> = {}): Resolver {
  const resolver = createResolver({ servers: servers.map(({ server }) => server), timeout: 3_000, tries: 2, clock: Date.now, ...options })
  open.unshift(resolver.close)
  return resolver
}

async function against(handler: Handler, options: Partial<ResolverOptions> = {}) {
  const server = await serverOf(handler)
  const resolver = resolverFor([server], options)
  const ask = (name = 'example.org', type = 'TXT') => resolver.resolve(name, type).catch(error => error.code)
  /** Without the question that is asked to see whether anybody is there. */
  const asked = () => server.questions.filter(({ name }) => name !== '.')
  return { ...resolver, ask, asked }
}

const good = (question: ScriptedQuestion) => records(question, [{ data: 'good' }])
const bad = (question: ScriptedQuestion) => records(question, [{ data: 'bad' }])
const packet = (question: ScriptedQuestion, changes: object) =>
  encode({ type: 'response', id: question.id, questions: question.packet.questions!, ...bad(question), ...changes })

describe('what isn’t the answer is passed over, and the answer taken when it comes', () => {
  it.each([
    ['another id', (q: ScriptedQuestion) => packet(q, { id: q.id ^ 1 })],
    ['another question', (q: ScriptedQuestion) => packet(q, { questions: [{ name: 'example.net', type: 'TXT' }] })],
    ['another type', (q: ScriptedQuestion) => packet(q, { questions: [{ name: q.name, type: 'A' }] })],
    ['no question', (q: ScriptedQuestion) => packet(q, { questions: [] })],
    ['the query itself', (q: ScriptedQuestion) => q.octets],
    ['too little', () => new Uint8Array(5)],
    ['nothing', () => new Uint8Array(0)],
  ])('%s', async (_, forged) => {
    const { ask, asked } = await against(q => [forged(q), packet(q, good(q))])
    expect(await ask()).toEqual([['good']])
    expect(asked()).toHaveLength(1)
  })
})

describe('letters in another case', () => {
  const folded = (q: ScriptedQuestion) => packet(q, { ...good(q), questions: [{ name: q.key, type: q.type }] })

  it('make it ask again without mixed case', async () => {
    const { ask, asked } = await against(folded)
    expect(await ask('long-enough-to-be-mixed.example.org')).toEqual([['good']])
    const names = asked().map(({ name }) => name)
    expect(names).toHaveLength(2)
    expect(names[0]).not.toBe('long-enough-to-be-mixed.example.org')
    expect(names[1]).toBe('long-enough-to-be-mixed.example.org')
    expect(asked()[0]!.id).not.toBe(asked()[1]!.id)
  })

  it('three times in a row are believed', async () => {
    const { ask, asked } = await against(folded)
    for (let at = 0; at < 5; at++) await ask(`n${at}.long-enough-to-be-mixed.example.org`)
    expect(asked()).toHaveLength(3 * 2 + 2)
  })

  it('are random, as the id and the port are', async () => {
    const { ask, asked } = await against(good)
    for (let at = 0; at < 8; at++) await ask(`n${at}.long-enough-to-be-mixed.example.org`)
    expect(new Set(asked().map(({ name }) => name.slice(2))).size).toBe(8)
    expect(new Set(asked().map(({ id }) => id)).size).toBeGreaterThan(6)
    expect(asked()).toHaveLength(8)
  })
})

describe('truncated answers', () => {
  const cut = () => ({ flags: TRUNCATED_RESPONSE })
  const big = (q: ScriptedQuestion) =>
    records(
      q,
      Array.from({ length: 235 }, (_, at) => ({ name: q.name, data: [`${at} `.padEnd(250)] })),
    )

  it('are asked for again over TCP', async () => {
    const { ask, asked } = await against(q => (q.over === 'udp' ? cut() : big(q)))
    expect(await ask()).toHaveLength(235)
    expect(asked().map(({ over }) => over)).toEqual(['udp', 'tcp'])
  })

  it.each([
    ['says nothing', () => null],
    ['sends something else', (q: ScriptedQuestion) => packet(q, { id: q.id ^ 1 })],
    ['sends garbage', () => new Uint8Array(100)],
    ['cuts it too', cut],
    ['sends an empty packet', () => new Uint8Array(0)],
  ] as [string, Handler][])('are a failure where the server %s over TCP', async (_, handler) => {
    const { ask } = await against(q => (q.over === 'udp' ? cut() : handler(q)), { timeout: 1_500, tries: 4 })
    const started = performance.now()
    expect(await ask()).toBe('ESERVFAIL')
    // Not four rounds of it.
    expect(performance.now() - started).toBeLessThan(4_500)
  })

  it('leave the next server to be asked', async () => {
    const first = await serverOf(q => (q.over === 'udp' ? cut() : null))
    const { resolve } = resolverFor([first, await serverOf(good)], { timeout: 1_500 })
    expect(await resolve('example.org', 'TXT')).toEqual([['good']])
  })
})

describe('EDNS', () => {
  it.each([1, 4])('is left out for a server that answers it with response code %i', async rcode => {
    const { ask, asked } = await against(q => (q.packet.additionals!.length > 0 ? { rcode, questions: [] } : good(q)))
    expect(await ask()).toEqual([['good']])
    expect(await ask('example.net')).toEqual([['good']])
    expect(asked()).toHaveLength(3)
  })

  it('is left out after BADVERS, which looks like "no records" otherwise', async () => {
    const opt = {
      type: 'OPT',
      name: '.',
      udpPayloadSize: 512,
      extendedRcode: 1,
      ednsVersion: 0,
      flags: 0,
      flag_do: false,
      options: [],
    } as const
    const { ask } = await against(q => (q.packet.additionals!.length > 0 ? { additionals: [{ ...opt, options: [] }] } : good(q)))
    expect(await ask()).toEqual([['good']])
  })
})

describe('failures', () => {
  it.each([
    [2, 'ESERVFAIL'],
    [5, 'EREFUSED'],
  ])('with response code %i are for the next server, not for another round', async (rcode, code) => {
    const first = await serverOf(() => ({ rcode }))
    expect(await resolverFor([first, await serverOf(good)]).resolve('example.org', 'TXT')).toEqual([['good']])
    const alone = resolverFor([first])
    await expect(alone.resolve('example.org', 'TXT')).rejects.toMatchObject({ name: 'DnsFailure', code })
    expect(first.questions).toHaveLength(2)
    // Remembered for a moment.
    await expect(alone.resolve('example.org', 'TXT')).rejects.toMatchObject({ code })
    expect(first.questions).toHaveLength(2)
  })

  it('by silence are worth as many rounds as told', async () => {
    for (const tries of [1, 3]) {
      const { ask, asked } = await against(q => (q.name === '.' ? good(q) : null), { tries, timeout: 60 })
      const started = performance.now()
      expect(await ask()).toBe('ETIMEOUT')
      expect(asked()).toHaveLength(tries)
      expect(performance.now() - started).toBeGreaterThan(tries * 60 - 15)
    }
  })

  it('by one lost packet are made good', async () => {
    let lost = 0
    const { ask, asked } = await against(q => (lost++ === 0 ? null : good(q)), { timeout: 1_500 })
    expect(await ask()).toEqual([['good']])
    expect(asked()).toHaveLength(2)
  })

  it('by a late answer are not', async () => {
    const late = Promise.withResolvers<void>()
    const { ask } = await against(q => late.promise.then(() => good(q)), { tries: 1, timeout: 50 })
    expect(await ask()).toBe('ETIMEOUT')
    late.resolve()
  })

  it('of names that nobody can tell don’t bring the server down', async () => {
    const log: string[] = []
    const { ask } = await against(q => (q.key.endsWith('.slow') ? null : good(q)), {
      timeout: 1_500,
      tries: 1,
      log: text => log.push(text),
    })
    expect(await Promise.all([0, 1, 2, 3].map(at => ask(`${at}.slow`)))).toEqual(Array(4).fill('ETIMEOUT'))
    expect(await ask()).toEqual([['good']])
    expect(log).toEqual([])
  })
})

describe('a server that is down', () => {
  it('has told nothing about the names asked for meanwhile', async () => {
    let now = 0
    let there = false
    const log: string[] = []
    const { ask } = await against(q => (there ? good(q) : null), {
      timeout: 1_500,
      tries: 1,
      clock: () => now,
      log: text => log.push(text),
    })
    await Promise.all([ask('a.org'), ask('b.org'), ask('c.org')])
    await expect.poll(() => log).toEqual(['DNS server gives no answer'])
    now = 900
    expect(await ask('meanwhile.org')).toBe('ETIMEOUT')
    there = true
    now = 1_000
    // It is asked whether it is back, which nobody waits for longer than a moment.
    await expect.poll(() => ask('meanwhile.org')).toEqual([['good']])
  })
})

describe('aliases over several answers', () => {
  const alias = (q: ScriptedQuestion, data: string): { answers: Answer[] } => ({
    answers: [{ name: q.name, type: 'CNAME', ttl: 300, data }],
  })
  const next = (q: ScriptedQuestion) => alias(q, `a${Number(q.key.slice(1, -4)) + 1}.org`)

  it('are followed, eight at most, and each answer is remembered', async () => {
    const { ask, asked, budget } = await against(q => (q.key === 'a8.org' ? good(q) : next(q)))
    const counted = budget(1, Date.now() + 20_000)
    expect(await counted.resolve('a0.org', 'TXT')).toEqual([['good']])
    expect(counted.used()).toBe(9)
    expect(asked()).toHaveLength(9)
    expect(await ask('a8.org')).toEqual([['good']])
    expect(await ask('a0.org')).toEqual([['good']])
    expect(asked()).toHaveLength(9)
  })

  it('are no more than eight', async () => {
    const { ask, asked } = await against(q => (q.key === 'a9.org' ? good(q) : next(q)))
    expect(await ask('a0.org')).toBe('ESERVFAIL')
    expect(asked().length).toBeLessThan(10)
  })

  it('that lead to each other end, also when both are asked for at once', async () => {
    const { ask } = await against(q => alias(q, q.key === 'a.org' ? 'b.org' : 'a.org'))
    expect(await Promise.all([ask('a.org'), ask('b.org')])).toEqual(['ESERVFAIL', 'ESERVFAIL'])
  })

  it('live as long as the shortest of them', async () => {
    let now = 0
    const { ask, asked } = await against(
      q =>
        q.key === 'a.org' ? { answers: [{ name: q.name, type: 'CNAME', ttl: 5, data: 'b.org' }] } : records(q, [{ data: 'x', ttl: 60 }]),
      { clock: () => now },
    )
    await ask('a.org')
    now = 4_999
    await ask('a.org')
    expect(asked()).toHaveLength(2)
    now = 5_000
    await ask('a.org')
    // b.org is still known.
    expect(asked().map(({ key }) => key)).toEqual(['a.org', 'b.org', 'a.org'])
  })
})

describe('questions', () => {
  it('that are equal and at the same time are one', async () => {
    const { asked, budget } = await against(async q => {
      await sleep(30)
      return good(q)
    })
    const one = budget(10, Date.now() + 20_000)
    const all = await Promise.all(Array.from({ length: 5 }, (_, at) => one.resolve(at % 2 === 0 ? 'example.org' : 'EXAMPLE.org.', 'TXT')))
    expect(all).toEqual(Array(5).fill([['good']]))
    expect(asked()).toHaveLength(1)
    // Waiting for what another one asked costs as much as asking.
    expect(one.used()).toBe(5)
  })

  it('give each its own records', async () => {
    const { ask } = await against(q => records(q, [{ data: { preference: 2, exchange: 'b' } }, { data: { preference: 1, exchange: 'a' } }]))
    const first = (await ask('example.org', 'MX')) as { priority: number }[]
    first.sort((a, b) => a.priority - b.priority).pop()
    Object.assign(first[0]!, { exchange: 'changed' })
    expect(await ask('example.org', 'MX')).toEqual([
      { exchange: 'b', priority: 2 },
      { exchange: 'a', priority: 1 },
    ])
  })

  it('within a budget end with it', async () => {
    const { asked, budget } = await against(good)
    const two = budget(2, Date.now() + 20_000)
    const code = (name: string) =>
      two.resolve(name, 'TXT').then(
        () => 'records',
        error => error.code,
      )
    expect(await Promise.all([code('a.org'), code('b.org'), code('c.org')])).toEqual(['records', 'records', 'EQUERYLIMIT'])
    // What is remembered costs nothing, and what can't be asked neither.
    expect(await Promise.all([code('a.org'), code('b.org'), code('localhost'), code('a..b')])).toEqual([
      'records',
      'records',
      'ENOTFOUND',
      'EBADNAME',
    ])
    expect(two.used()).toBe(2)
    expect(asked()).toHaveLength(2)
    expect(
      await budget(0, Date.now() + 20_000)
        .resolve('d.org', 'TXT')
        .catch(error => error.code),
    ).toBe('EQUERYLIMIT')
  })

  it('after the deadline, by the clock, are not asked', async () => {
    let now = 1_000
    const { asked, budget } = await against(good, { clock: () => now })
    const late = budget(5, 2_000)
    expect(await late.resolve('a.org', 'TXT')).toEqual([['good']])
    now = 1_999
    expect(await late.resolve('a.org', 'TXT')).toEqual([['good']])
    now = 2_000
    await expect(late.resolve('a.org', 'TXT')).rejects.toMatchObject({ code: 'ETIMEOUT' })
    expect(late.used()).toBe(1)
    expect(asked()).toHaveLength(1)
  })

  it('for what is known not to exist, or for other types, are not asked', async () => {
    const { ask, asked } = await against(good)
    const given = [['localhost'], ['x.invalid'], ['192.0.2.1'], ['a..b'], ['example.org', 'SRV'], ['a..b', 'SRV']]
    expect(await Promise.all(given.map(([name, type]) => ask(name, type)))).toEqual([
      'ENOTFOUND',
      'ENOTFOUND',
      'ENOTFOUND',
      'EBADNAME',
      'ENOTIMP',
      'EBADNAME',
    ])
    expect(asked()).toHaveLength(0)
  })

  it('beyond a thousand under way are told "later" at once', async () => {
    const { resolve, close } = await against(() => null, { timeout: 60_000 })
    const codes: string[] = []
    const many = Array.from({ length: 1_001 }, (_, at) => resolve(`n${at}.org`, 'A').catch(error => codes.push(error.code)))
    await expect.poll(() => codes).toEqual(['ETIMEOUT'])
    close()
    await Promise.all(many)
    expect(codes.filter(code => code === 'ECANCELLED')).toHaveLength(1_000)
  })
})

it.each([
  [{ servers: ['localhost'] }, 'not the address'],
  [{ timeout: 0 }, 'time-out'],
  [{ timeout: 600_001 }, 'time-out'],
  [{ timeout: Number.NaN }, 'time-out'],
  [{ tries: 0 }, 'at least once'],
  [{ tries: 1.5 }, 'at least once'],
  [{ entries: 0 }, 'at least 1'],
])('%j is refused', (options, text) => {
  expect(() => createResolver({ servers: ['127.0.0.1'], timeout: 1_000, tries: 1, clock: Date.now, ...options })).toThrow(text)
})

describe('an answer that came while the thread was busy is in time', () => {
  const busy = (): void => {
    for (const until = Date.now() + 1_800; Date.now() < until; );
  }
  /** After the answer went off, before it is read. */
  const answered = (question: ScriptedQuestion) => {
    setImmediate(busy)
    return good(question)
  }

  it('over UDP', async () => {
    const { ask, asked } = await against(answered, { tries: 1, timeout: 1_500 })
    expect(await ask()).toEqual([['good']])
    expect(asked()).toHaveLength(1)
  })

  it('over TCP', async () => {
    const cut = { flags: TRUNCATED_RESPONSE }
    const { ask, asked } = await against(q => (q.over === 'udp' ? cut : answered(q)), { tries: 1, timeout: 1_500 })
    expect(await ask()).toEqual([['good']])
    expect(asked().map(({ over }) => over)).toEqual(['udp', 'tcp'])
  })

  it('by the deadline of a budget', async () => {
    const { budget } = await against(answered, { timeout: 30_000 })
    expect(await budget(1, Date.now() + 1_500).resolve('example.org', 'TXT')).toEqual([['good']])
  })
})
