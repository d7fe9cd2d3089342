import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { eventBody } from '../../../src/delivery/event/event.ts'
import type { Delivery, MessageSource } from '../../../src/transaction/ports.ts'
import { someAuthentication, someSignature } from '../../support/authentications.ts'
import { someContent } from '../../support/event-cases.ts'
import { aDelivery } from '../../support/memory-queue.ts'
import { source } from './suite.ts'

// The parts of the event that tell who wrote: docs/event.md promises their members.
const page = readFileSync(new URL('../../../docs/event.md', import.meta.url), 'utf8')

async function bodyOf(delivery: Delivery, more: Partial<MessageSource> = {}): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of eventBody(delivery, { ...source(Buffer.from('Text\r\n')), ...more })) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}
const dataOf = async (delivery: Delivery, more: Partial<MessageSource> = {}) => JSON.parse(await bodyOf(delivery, more)).data

describe('authentication', () => {
  test('is the answer, with its times written out', async () => {
    const data = await dataOf(aDelivery({ authentication: someAuthentication() }))
    expect(data.authentication).toEqual({
      from: { address: 'jane@sender.example', domain: 'sender.example', authenticated: true, how: 'dkim' },
      mailFrom: { address: 'jane@sender.example', authenticated: true },
      spf: { result: 'pass', identity: 'mailfrom', domain: 'sender.example' },
      dkim: [
        { result: 'pass', domain: 'sender.example', selector: 's1', aligned: true, signed: '2026-01-02T03:04:00.000Z', expires: null },
      ],
      dmarc: { result: 'pass', policy: 'reject', domain: 'sender.example' },
      arc: { result: 'none', instance: 0, sealer: null },
      unsigned: ['content-type'],
      recipientSigned: false,
      signatureAge: 5,
    })
  })

  test('says what an override and a sealer did', async () => {
    const usual = someAuthentication()
    const authentication = someAuthentication({
      from: { ...usual.from, how: 'arc', through: 'forwarder.example' },
      dmarc: { ...usual.dmarc, result: 'fail', override: 'arc=forwarder.example' },
      arc: { result: 'pass', instance: 2, sealer: 'forwarder.example', dmarc: { result: 'pass', from: 'sender.example' }, detail: '' },
      signatureAge: null,
    })
    expect((await dataOf(aDelivery({ authentication }))).authentication).toMatchObject({
      from: { how: 'arc', through: 'forwarder.example' },
      dmarc: { result: 'fail', override: 'arc=forwarder.example' },
      arc: { result: 'pass', instance: 2, sealer: 'forwarder.example' },
      signatureAge: null,
    })
  })

  test('tells of each recipient whether it was signed', async () => {
    const [signed, other] = ['incoming+abc@incoming.example.com', 'incoming+abd@incoming.example.com']
    const authentication = someAuthentication({ signedRecipients: [signed] })
    for (const recipient of [signed, other])
      expect((await dataOf(aDelivery({ authentication, recipient }))).authentication.recipientSigned).toBe(recipient === signed)
  })

  test.each([8.64e15 + 1, Number.MAX_VALUE, -8.64e15 - 1])(
    'a signature whose time is none (%d) does not hold up the mail',
    async signed => {
      const authentication = someAuthentication({ dkim: [someSignature({ signed, expires: 8.64e15 })] })
      const [signature] = (await dataOf(aDelivery({ authentication }))).authentication.dkim
      expect(signature).toMatchObject({ signed: null, expires: '+275760-09-13T00:00:00.000Z' })
    },
  )

  test('is null where nothing was checked', async () => {
    expect(await dataOf(aDelivery())).toMatchObject({ authentication: null, bounce: null })
  })
})

describe('bounce', () => {
  const bounce = { reportingMta: 'mx.example.org', recipients: [{ action: 'failed', status: '5.1.1' }] }

  test('is what the reader says', async () => {
    expect((await dataOf(aDelivery(), { bounce: async () => bounce })).bounce).toEqual(bounce)
    expect((await dataOf(aDelivery(), { bounce: async () => null })).bounce).toBeNull()
  })

  test('that could not be read makes no event', async () => {
    const rejecting = { bounce: () => Promise.reject(new Error('out of time')) }
    await expect(bodyOf(aDelivery(), rejecting)).rejects.toThrow('out of time')
  })
})

test('the same delivery has the same octets at every attempt', async () => {
  const delivery = () => aDelivery({ authentication: someAuthentication(), attempts: 0 })
  const stored: Delivery = JSON.parse(JSON.stringify({ ...delivery(), attempts: 3 }))
  const bounce = async () => ({ recipients: [] })
  expect(await bodyOf(stored, { bounce })).toBe(await bodyOf(delivery(), { bounce }))
})

test('the page shows every member of the event, in its order', async () => {
  const example = JSON.parse(page.split('```json\n')[1]!.split('```')[0]!)
  expect(example).toEqual(JSON.parse(readFileSync(new URL('../../messages/events/reply.json', import.meta.url), 'utf8')))
  const usual = someAuthentication()
  const authentication = someAuthentication({
    from: { ...usual.from, through: 'x', problem: 'several' },
    spf: { ...usual.spf, everybody: true },
    dmarc: { ...usual.dmarc, override: 'x' },
    forwarder: 'x',
    unknown: ['from'],
  })
  const data = await dataOf(aDelivery({ authentication, machine: 'none' }))
  const members = (pattern: RegExp) =>
    [...page.matchAll(pattern)].flatMap(([row]) => [...row.split('|')[1]!.matchAll(/`[a-z]+\.([^`]+)`/gi)].map(([, name]) => name))
  expect(members(/^\| `data\..*$/gm)).toEqual(Object.keys(data))
  expect(members(/^\| `authentication\..*$/gm)).toEqual(Object.keys(data.authentication))
  expect(['status', ...members(/^\| `content\..*$/gm)].sort()).toEqual(Object.keys(someContent()).sort())
  for (const member of ['from', 'mailFrom', 'spf', 'dmarc', 'arc'])
    for (const name of Object.keys(data.authentication[member])) {
      const row = page.split('\n').find(line => line.startsWith(`| \`authentication.${member}\``))
      expect(row, member).toContain(`\`${name}\``)
    }
  for (const name of Object.keys(data.authentication.dkim[0]))
    expect(page.split('\n').find(line => line.startsWith('| `authentication.dkim`'))).toContain(`\`${name}\``)
})
