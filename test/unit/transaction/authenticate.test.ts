/** What is asked about a message, and what of the transaction its answer is made with. */
import { expect, test } from 'vitest'
import { beginSpf, spfOf } from '../../../src/transaction/spf.ts'
import { genuine, goodSignature, spfFail, spfPass } from '../../support/scripted-authenticator.ts'
import { checking, good, plain } from './checking.ts'
import { begin, finish, send } from './core.ts'

test('SPF that was begun at RCPT is not asked for again', async () => {
  const { site, asked } = checking({ message: genuine, spf: spfPass })
  const transaction = begin(site, {})
  beginSpf(site, transaction)
  await finish(site, transaction, { recipients: [good], message: plain })
  expect(asked.spf).toHaveLength(1)
  expect(asked.message).toMatchObject([{ spf: spfPass }])
})

test('where no client is known SPF is none, and nobody is asked', async () => {
  const { site, asked } = checking({ spf: spfFail }, { origins: { isRelay: () => true } })
  await send(site, { recipients: [good], message: plain })
  expect(asked.spf).toEqual([])
  expect(asked.message).toMatchObject([{ client: null, spf: { result: 'none' } }])
  expect(await spfOf(site, begin(site, {}), { address: null, helo: 'h' })).toMatchObject({ result: 'none' })
})

test('the author, how many Subject fields there are, and whether names are wanted', async () => {
  const { site, asked } = checking({ message: genuine })
  await send(site, { recipients: [good], message: `Subject: two\r\n${plain}` })
  expect(asked.message).toMatchObject([{ author: { kind: 'one', address: 'writer@example.org' }, subjects: 2, names: false }])

  const { origins } = site
  const trusting = checking({}, { origins: { trusted: { ...origins.trusted, forwarders: ['forwarder.example'] } } })
  await send(trusting.site, { recipients: [good], message: plain })
  expect(trusting.asked.message).toMatchObject([{ names: true }])
})

test('the answer knows our recipients, the time and the client', async () => {
  const signed = { ...genuine, dkim: [{ ...goodSignature, signed: 1_000 }] }
  const isForwarder = (address: string): boolean => address === '192.0.2.1'
  const { site } = checking(
    { message: signed },
    { origins: { trusted: { sealers: [], forwarders: [], isForwarder } }, site: { clock: () => 61_000 } },
  )
  await send(site, { recipients: [good], message: `To: ${good}\r\n${plain}` })
  expect(site.spool.kept[0]?.message.authentication).toMatchObject({
    signedRecipients: [good],
    signatureAge: 60_000,
    forwarder: '192.0.2.1',
  })
})

test('what screening found of a machine stands in the answer', async () => {
  const { site } = checking({ message: genuine }, { route: { screening: { automatic: 'ignore', 'null-reverse-path': 'accept' } } })
  await send(site, { recipients: [good], message: `Auto-Submitted: auto-generated\r\n${plain}` })
  expect(site.spool.kept[0]?.message.authentication).toMatchObject({ machine: 'auto-reply' })
})
