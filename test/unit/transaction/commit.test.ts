/** What follows from a message that is kept: whoever hands it over is told once, of what is new. */
import { expect, test } from 'vitest'
import type { KeyCheck } from '../../../src/transaction/ports.ts'
import { genuine } from '../../support/scripted-authenticator.ts'
import { checking, good, plain } from './checking.ts'
import { send } from './core.ts'

const destinations = [{ processor: 'app', settled: 'queued' }] as const

function telling(more: Parameters<typeof checking>[1] = {}) {
  const told: string[] = []
  const site = { notify: (processor: string) => void told.push(processor), ...more.site }
  return { ...checking({ message: genuine }, { ...more, site }), told }
}

test('the processor of new mail is told; of a repeat, which adds nothing, it is not', async () => {
  const { site, told } = telling({ route: { destinations } })
  expect(await send(site, { recipients: [good], message: plain })).toMatchObject({ kept: true })
  expect(told).toEqual(['app'])
  const { kept, verdicts, transaction } = await send(site, { recipients: [good], message: plain })
  expect([kept, verdicts]).toEqual([false, [{ kind: 'accept' }]])
  expect(told).toEqual(['app'])
  expect(transaction.decisions.at(-1)).toMatchObject({ stage: 'spool', recipient: good, detail: expect.stringContaining('repeat of') })
})

test('of mail that is held or that an inbox keeps nobody is told', async () => {
  const inbox = telling()
  await send(inbox.site, { recipients: [good], message: plain })
  expect([inbox.told, inbox.site.spool.kept.length]).toEqual([[], 1])
})

test('the sender of notices is told of a notice, and a second one within its time is no word in the message’s story', async () => {
  const route = { require: 'bound', verifier: { verify: (): KeyCheck => ({ kind: 'valid', claims: { senders: [] } }) } } as const
  const { site, told } = telling({ route, site: { notices: { per: 86_400_000 } } })
  const mail = { recipients: [good], peer: 'relay', perRecipient: true } as const
  await send(site, { ...mail, message: plain })
  expect(told).toEqual(['(notice)'])
  const { transaction } = await send(site, { ...mail, message: plain.replace('<1@', '<2@') })
  expect(told).toEqual(['(notice)'])
  expect(transaction.decisions.filter(({ stage }) => stage === 'spool')).toEqual([])
})
