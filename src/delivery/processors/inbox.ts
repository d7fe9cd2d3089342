/**
 * Mail that stays in the spool and shows on the web page: there is nobody to hand it to. Its deliveries are born
 * `delivered`; after a replay or a release the runner hands one over all the same, and it is delivered by being kept.
 */
import type { Processor } from '../../transaction/ports.ts'

export const inbox = (): Processor => ({
  concurrency: 16,
  timeout: 1_000,
  deliver: async () => ({ kind: 'delivered', detail: 'kept in the spool' }),
})
