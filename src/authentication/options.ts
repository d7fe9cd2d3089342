/**
 * What the authenticator must be told, and what it decides for itself.
 */
import { availableParallelism } from 'node:os'
import type { Clock, Log } from '../transaction/ports.ts'
import type { DnsLimits } from './wire.ts'

export interface AuthenticatorOptions {
  /** Our own name: `r` in macros of SPF records. */
  readonly hostname: string
  /** Threads; 0: as many as there are cores. */
  readonly workers: number
  readonly dns: DnsLimits
  readonly log: Log
  readonly clock: Clock
}

/** Checks in one thread at once: they wait for the DNS most of the time, and each small message takes up to 256 KiB. */
export const checksAtOnce = 64

/** Over the time that the DNS may take: for reading and reckoning, and for what waits in front. */
const spareTime = 10_000

export const patienceOf = ({ dns }: AuthenticatorOptions): number => dns.time + spareTime

export const threadsOf = ({ workers }: AuthenticatorOptions): number => (workers === 0 ? availableParallelism() : workers)
