/** Applications that are asked before the reply: who is asked, with what, and what is told to whom when. */
import { expect, test } from 'vitest'
import { accept, refusal } from '../../../src/policy/verdict.ts'
import { handOver } from '../../../src/transaction/hand-over.ts'
import type { Handoff, Question, Said } from '../../../src/transaction/handoff.ts'
import type { Committed, Outcome } from '../../../src/transaction/ports.ts'
import type { Route } from '../../../src/transaction/site.ts'
import { genuine } from '../../support/scripted-authenticator.ts'
import { checking, good, plain } from './checking.ts'
import { begin, finish, send } from './core.ts'

const app = { processor: 'app', settled: 'queued' } as const
const archive = { processor: 'archive', settled: 'queued' } as const
const shelf = { processor: 'shelf', settled: 'delivered' } as const

interface Scripted {
  readonly outcome?: Outcome | null
  readonly route?: Partial<Route>
  readonly late?: 'queue' | 'defer'
  readonly clock?: () => number
}

function asking({ outcome = { kind: 'delivered' }, route, late = 'queue', clock = Date.now }: Scripted = {}) {
  const questions: Question[] = []
  const said: Said[] = []
  const released: Question['others'][] = []
  const notified: string[] = []
  const handoff: Handoff = {
    ask(question) {
      questions.push(question)
      return { outcome: Promise.resolve(outcome), said: what => void said.push(what) }
    },
    release: others => void released.push(others),
  }
  const { site } = checking(
    { message: genuine },
    {
      route: { destinations: [app], handoff: 'inline', ...route },
      site: { inline: { deadline: 20_000, late, handoff }, notify: name => void notified.push(name), clock },
    },
  )
  return { site, questions, said, released, notified }
}

const mail = { recipients: [good], message: plain }

test('the message is in the spool, under way, before the application is asked', async () => {
  const { site, questions, said, notified } = asking()
  const { verdicts, kept } = await send(site, mail)
  expect([verdicts, kept]).toEqual([[{ kind: 'accept' }], true])
  expect(site.spool.kept[0]!.message.deliveries).toMatchObject([{ processor: 'app', state: 'delivering' }])
  expect(questions).toEqual([{ processor: 'app', delivery: 1, others: [], within: expect.any(Number) }])
  expect(said).toEqual(['kept'])
  // Whoever asks settles: the queue has nothing of it.
  expect(notified).toEqual([])
})

test('the time that the end of data took is taken off', async () => {
  let now = 1_000_000
  const { site, questions } = asking({ clock: () => (now += 1_000) })
  await send(site, mail)
  expect(questions[0]!.within).toBeLessThan(20_000)
  expect(questions[0]!.within).toBeGreaterThan(10_000)
})

const replies: [string, Outcome | null, 'queue' | 'defer', string][] = [
  ['accepted', { kind: 'delivered', verdict: 'accept' }, 'defer', '250 kept'],
  ['held', { kind: 'delivered', verdict: 'hold' }, 'defer', '250 kept application.held'],
  ['discarded', { kind: 'delivered', verdict: 'discard' }, 'defer', '250 kept application.discarded'],
  ['refused', { kind: 'failed', detail: '', refusal: 'closed' }, 'queue', '550 refused application.refused'],
  ['failed', { kind: 'failed', detail: 'too long' }, 'queue', '550 refused application.refused'],
  ['no clear answer', { kind: 'retry', detail: '500' }, 'queue', '250 kept'],
  ['no clear answer', { kind: 'retry', detail: '500' }, 'defer', '451 deferred application.late'],
  ['nothing in time', null, 'queue', '250 kept'],
  ['nothing in time', null, 'defer', '451 deferred application.late'],
]
test.each(replies)('%s %j, late: %s: %s', async (_, outcome, late, expected) => {
  const { site, said } = asking({ outcome, late })
  const { verdicts, kept, transaction } = await send(site, mail)
  const [verdict] = verdicts
  const reason = 'reason' in verdict! ? ` ${verdict.reason}` : ''
  expect(`${refusal(verdict!)?.code ?? 250} ${said}${reason}`).toBe(expected)
  // What was not answered 250 leaves a trace of its own.
  expect(kept).toBe(expected.startsWith('250'))
  expect(transaction.decisions.at(-1)).toMatchObject({ stage: 'data', recipient: good, detail: expect.stringContaining('application') })
})

test('a refusal never reaches a relay', async () => {
  const { site, said } = asking({ outcome: { kind: 'failed', detail: '', refusal: 'closed' } })
  const { verdicts } = await send(site, { ...mail, peer: 'relay', perRecipient: true })
  expect([verdicts, said]).toEqual([[{ kind: 'discard', reason: 'application.refused' }], ['kept']])
})

test('the other processors of the recipient wait for the first one', async () => {
  const { site, questions, notified } = asking({ route: { destinations: [app, archive, shelf] } })
  await send(site, mail)
  expect(site.spool.kept[0]!.message.deliveries.map(({ processor, state }) => `${processor} ${state}`)).toEqual([
    'app delivering',
    'archive delivering',
    'shelf delivering',
  ])
  expect(questions).toMatchObject([
    {
      delivery: 1,
      others: [
        { ...archive, delivery: 2 },
        { ...shelf, delivery: 3 },
      ],
    },
  ])
  expect(notified).toEqual([])
})

test('an inbox has nothing to say, and stands first as if nobody were asked', async () => {
  const { site, questions } = asking({ route: { destinations: [shelf, app] } })
  await send(site, mail)
  expect(questions).toEqual([])
  expect(site.spool.kept[0]!.message.deliveries.map(({ state }) => state)).toEqual(['delivered', 'queued'])
})

test('of a repeat nobody is asked', async () => {
  const { site, questions } = asking()
  await send(site, mail)
  const { verdicts } = await send(site, mail)
  expect([questions.length, verdicts]).toEqual([1, [{ kind: 'accept' }]])
})

test('where the first processor has the mail already, another that failed gets it without a word of the first', async () => {
  const { site, questions, said, released } = asking({ route: { destinations: [app, archive] } })
  const transaction = begin(site, {})
  await finish(site, transaction, mail)
  const { grant } = transaction.recipients[0]!
  const committed: Committed = {
    deliveries: [
      { kind: 'repeat', message: 'M1' },
      { kind: 'new', id: 7 },
    ],
  }
  const plan = { settled: [{ verdict: accept, grant }], kept: [0], ended: Date.now() }
  expect(await handOver(site, transaction, { ...plan, committed })).toEqual([accept])
  expect([questions.length, said.length, released]).toEqual([1, 1, [[{ ...archive, delivery: 7 }]]])
})

test('what is refused or held before has nobody asked', async () => {
  const { site, questions } = asking({
    route: { require: 'bound', verifier: { verify: () => ({ kind: 'valid', claims: { senders: [] } }) } },
  })
  const { verdicts } = await send(site, mail)
  expect([questions, verdicts[0]!.kind]).toEqual([[], 'reject'])
})

test('the answers of two recipients are one reply', async () => {
  const answers: Outcome[] = [{ kind: 'failed', detail: '', refusal: 'closed' }, { kind: 'delivered' }]
  const scripted = asking()
  const said: [number, Said][] = []
  let asked = 0
  const handoff: Handoff = {
    ask({ delivery }) {
      return { outcome: Promise.resolve(answers[asked++]!), said: what => void said.push([delivery, what]) }
    },
    release() {},
  }
  const site = { ...scripted.site, inline: { ...scripted.site.inline, handoff } }
  const transaction = begin(site, {})
  const { verdicts } = await finish(site, transaction, { recipients: [good, 'incoming+SlowGoodKey@in.test'], message: plain })
  expect(verdicts.map(verdict => refusal(verdict)?.code ?? 250)).toEqual([250, 250])
  expect(said).toEqual([
    [1, 'kept'],
    [2, 'kept'],
  ])
})
