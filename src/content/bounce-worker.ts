/** The worker's entry: one message, at most 1 MiB of it, read for what it says of a failed delivery. */
import type { Bounce } from '../mail/delivery-status.ts'
import { readBounce } from './read-bounce.ts'

// piscina calls what a module exports by this name.
export const read = (raw: Uint8Array): Promise<Bounce | null> => readBounce(raw)
