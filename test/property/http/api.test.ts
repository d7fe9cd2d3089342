import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openSite } from '../../contract/http/harness.ts'
import { someDelivery, someMessage, someTransaction } from '../../support/fake-desk.ts'

test('whatever the fields say, the API gives them back unchanged', async () => {
  const site = await openSite()
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\ud800', '\0\r\n', '</script>', '__proto__', '\u2028"\\'))
  await fc.assert(
    fc.asyncProperty(text, text, async (a, b) => {
      const deliveries = [someDelivery({ recipient: a, detail: b, key: a, claims: { subject: b } })]
      const message = someMessage({
        id: 'm1',
        subject: a,
        sender: b,
        from: a,
        client: { address: b, name: a, helo: b, ident: a },
        deliveries,
      })
      const row = someTransaction({ id: 't1', sender: a, recipients: [b, a], helo: b, reply: a })
      site.desk.messages.splice(0, 1, message)
      site.desk.traces.splice(0, 1, row)
      const read = async (path: string) => JSON.parse((await site.get(path)).body)
      expect(await read('/api/messages/m1')).toEqual(message)
      expect((await read('/api/messages')).messages).toEqual(await site.desk.list({}))
      expect(await read('/api/transactions/t1')).toEqual(row)
    }),
    { numRuns: 60 },
  )
})

test('any path and query gets an answer that is no 500, and none in HTML under /api', async () => {
  const site = await openSite()
  const part = fc.string({ unit: 'binary', maxLength: 30 }).map(value => encodeURIComponent(value.toWellFormed()))
  const path = fc.oneof(
    part,
    fc
      .tuple(fc.constantFrom('', 'api/', 'api/messages/', 'messages/', 'api/transactions?', '?', 'find?id='), part)
      .map(parts => parts.join('')),
  )
  await fc.assert(
    fc.asyncProperty(path, async rest => {
      const { status, headers } = await site.get(`/${rest}`)
      expect([200, 302, 400, 404, 405]).toContain(status)
      if (rest.startsWith('api/')) expect(headers['content-type']).toBe('application/json; charset=utf-8')
    }),
    { numRuns: 200 },
  )
})
