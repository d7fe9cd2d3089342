import { Socket } from 'node:net'
import { SMTPServer } from 'smtp-server'
import { expect, test } from 'vitest'
import { createDoorkeeper } from '../../../../src/listeners/smtp/admit.ts'
import { createGuard } from '../../../../src/transaction/guard.ts'
import { testSite } from '../../../support/site.ts'

/** A doorkeeper of an LMTP listener, and how many it counted in. */
function doorkeeper(at: { host: string; port: number } | { path: string; mode: number }) {
  const site = testSite()
  const guard = createGuard({ connections: 10, connectionsPerNetwork: 10, unknownRecipients: 10, errors: 10 }, site.clock)
  let entered = 0
  const counting = {
    ...guard,
    enter: (...peer: Parameters<typeof guard.enter>) => {
      entered++
      return guard.enter(...peer)
    },
  }
  const door = createDoorkeeper(
    {
      site: () => site,
      guard: counting,
      lmtp: true,
      session: { listener: 'lmtp', peer: 'relay', replyPerRecipient: true, normalizeLineEndings: true },
      at,
      trusted: [],
      tls: null,
      proxyProtocol: [],
      earlyTalker: 0,
      limits: { idleTime: 1_000, transactionTime: 1_000, minimumRate: 0, rateGrace: 1_000 },
    },
    new SMTPServer({ lmtp: true, logger: false }),
    () => {
      throw new Error('no certificate')
    },
  )
  return { door, entered: () => entered, site }
}

test('a TCP peer that has no address any more does not pass for a trusted one on a UNIX socket', () => {
  const { door, entered, site } = doorkeeper({ host: '127.0.0.1', port: 0 })
  const socket = new Socket()
  door.admit(socket)
  expect(socket.destroyed).toBe(true)
  expect([entered(), door.open.size, site.rows.length]).toEqual([0, 0, 0])
})

test('a socket that was reset before it was looked at is not counted in, since it would never be counted out', () => {
  const { door, entered } = doorkeeper({ path: '/nowhere', mode: 0o600 })
  const socket = new Socket()
  socket.destroy()
  door.admit(socket)
  expect([entered(), door.open.size]).toEqual([0, 0])
})
