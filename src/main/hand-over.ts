/**
 * What goes with a message when it is handed over: our trace fields, its parsed view, links, a bounce as data, and a notice to its writer
 * where it can't be.
 */
import type { Config } from '../config/config.ts'
import { messageSource } from '../delivery/message-source.ts'
import type { Failure } from '../delivery/settle.ts'
import { attachmentLink, type Links } from '../lib/attachment-link.ts'
import { authenticationResults } from '../mail/authentication-results.ts'
import type { Bounce } from '../mail/delivery-status.ts'
import { traceFields } from '../mail/received.ts'
import { noticeDelivery } from '../transaction/notice.ts'
import type { Delivery, MessageSource, NewDelivery } from '../transaction/ports.ts'
import type { Bounces } from './bounces.ts'
import type { Contents } from './contents.ts'

export const fieldsOf =
  (hostname: string) =>
  (delivery: Delivery): string => {
    const { authentication } = delivery
    const results = authentication === null ? {} : { results: authenticationResults(authentication, { hostname }) }
    return traceFields({ ...delivery, ...results, hostname, id: delivery.message })
  }

export interface Refining {
  /** As it is now: a reload may change which routes want bounces. */
  readonly config: () => Config
  readonly bounces: Bounces
  readonly contents: Pick<Contents, 'read'>
  readonly links: Links | null
}

/** Without forged results; parsed where the processor asks for it, and with the bounce it is where its route wants bounces. */
export const refined =
  ({ config, bounces, contents, links }: Refining) =>
  (plain: MessageSource, delivery: Delivery): MessageSource => {
    const plainer = messageSource({ hostname: config().hostname, ...plain })
    const { message: id, size, received } = delivery
    const source: MessageSource = {
      ...plainer,
      content: options => contents.read(() => plainer.raw(), { id, size, received }, options),
      link: () => (links === null ? null : attachmentLink(links, { message: id, part: 'raw', at: received })),
    }
    return wantsBounces(config(), delivery) ? { ...source, bounce: async () => told(await bounces.read(await plain.raw())) } : source
  }

/** Times in events are written out. */
const told = (bounce: Bounce | null) =>
  bounce === null ? null : { ...bounce, arrival: bounce.arrival === null ? null : new Date(bounce.arrival).toISOString() }

const wantsBounces = ({ mailboxes }: Config, { mailbox, route }: Delivery): boolean =>
  mailboxes.some(one => one.name === mailbox && one.routes.some(({ name, bounces }) => name === route && bounces))

/** The notice about a delivery that has failed for good; null where nobody may be told. */
export const noticeAfter =
  ({ per }: { readonly per: number }) =>
  (delivery: Delivery, { refusal }: Failure): NewDelivery | null => {
    const { notify: to, about } = delivery
    if (to === null || about !== null) return null
    if (refusal === undefined) return noticeDelivery({ of: delivery, to, reason: 'application.failed', per })
    return noticeDelivery({ of: delivery, to, reason: 'application.refused', text: refusal, per })
  }
