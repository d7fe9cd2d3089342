/**
 * The listeners of the configuration that take mail or answer for it, opened together: one guard for all, so that a client
 * is counted once.
 */
import type { Config } from '../config/config.ts'
import type { AskListener } from '../listeners/ask-listener.ts'
import { openPolicyService } from '../listeners/policy-service/listener.ts'
import { readCertificate } from '../listeners/smtp/certificate.ts'
import { type Listener, openListener } from '../listeners/smtp/listener.ts'
import { openSocketmap } from '../listeners/socketmap/listener.ts'
import { createGuard, type Guard } from '../transaction/guard.ts'
import type { Site } from '../transaction/site.ts'

export interface Doors {
  readonly addresses: readonly string[]
  /** All listeners are up. */
  readonly open: boolean
  /** Other limits, for the connections that come. */
  adjust(limits: Config['limits']): void
  close(deadline: number): Promise<void>
}

type Limits = Config['limits']
type MailListener = Config['listeners']['smtp'][number]

interface Frame {
  readonly site: () => Site
  readonly guard: Guard
  readonly limits: Limits
}

export async function openDoors(config: Config, site: () => Site): Promise<Doors> {
  const { limits, listeners } = config
  const guard = createGuard(guardLimits(limits), site().clock)
  const frame: Frame = { site, guard, limits }
  const ask = { site, ...askLimits(limits) }
  const mail: Listener[] = []
  const asked: AskListener[] = []
  const opened: { readonly name: string; readonly address: string; close(deadline: number): Promise<void> }[] = []
  let open = true
  const close = async (deadline: number): Promise<void> => {
    open = false
    await Promise.all(opened.map(one => one.close(deadline)))
  }
  const add = (name: string, { address, close }: { address: string; close(deadline: number): Promise<void> }): void =>
    void opened.push({ name, address, close })
  const addMail = async (name: 'smtp' | 'lmtp', listener: MailListener): Promise<void> => {
    const one = await openMail(frame, name, listener)
    mail.push(one)
    add(name, one)
  }
  const addAsked = (name: string, one: AskListener): void => {
    asked.push(one)
    add(name, one)
  }
  // A bad certificate is known before the first port is open.
  for (const { tls } of [...listeners.smtp, ...listeners.lmtp]) if (tls !== null) await readCertificate(tls)
  try {
    for (const listener of listeners.smtp) await addMail('smtp', listener)
    for (const listener of listeners.lmtp) await addMail('lmtp', listener)
    for (const listener of listeners.socketmap) addAsked('socketmap', await openSocketmap({ ...ask, ...listener }))
    for (const listener of listeners.policy) addAsked('policy', await openPolicyService({ ...ask, ...listener, guard }))
  } catch (error) {
    await close(0)
    throw error
  }
  return {
    addresses: opened.map(({ name, address }) => `${name} ${address}`),
    get open() {
      return open
    },
    adjust(next) {
      guard.adjust(guardLimits(next))
      for (const listener of mail) listener.adjust(connectionLimits(next))
      for (const listener of asked) listener.adjust(askLimits(next))
    },
    close,
  }
}

const openMail = ({ site, guard, limits }: Frame, name: 'smtp' | 'lmtp', { lineEndings, ...listener }: MailListener): Promise<Listener> =>
  openListener({
    ...listener,
    site,
    guard,
    lmtp: name === 'lmtp',
    session: {
      listener: name,
      peer: listener.peer,
      replyPerRecipient: name === 'lmtp',
      normalizeLineEndings: lineEndings === 'normalize',
    },
    limits: connectionLimits(limits),
  })

const guardLimits = (limits: Limits) => ({
  connections: limits.connections,
  connectionsPerNetwork: limits['connections-per-network'],
  unknownRecipients: limits['unknown-recipients'],
  errors: limits.errors,
})

const askLimits = (limits: Limits) => ({ idleTime: limits['idle-time'], connections: limits.connections })

const connectionLimits = (limits: Limits) => ({
  idleTime: limits['idle-time'],
  transactionTime: limits['transaction-time'],
  minimumRate: limits['minimum-rate'],
  rateGrace: limits['rate-grace'],
})
