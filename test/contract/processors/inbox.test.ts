import { expect, test } from 'vitest'
import { inbox } from '../../../src/delivery/processors/inbox.ts'
import { aDelivery } from '../../support/memory-queue.ts'
import { processorContract } from './suite.ts'

processorContract({ name: 'inbox', keeps: true, open: async () => ({ processor: inbox(), close: async () => {} }) })

test('the inbox reads no message', async () => {
  const unread = { traceFields: () => expect.unreachable(), raw: () => expect.unreachable() }
  expect(await inbox().deliver(aDelivery(), unread, new AbortController().signal)).toEqual({
    kind: 'delivered',
    detail: 'kept in the spool',
  })
})
