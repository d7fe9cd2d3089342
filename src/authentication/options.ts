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

/**
 * How much one thread has at once, in units of 16 KiB of messages: 16 MiB, or a thousand small ones. Most of the time they wait for
 * the DNS: were there fewer, a slow domain's mail would keep all others out.
 */
export const atOnce = 1024
const unit = 16 * 1024
export const weightOf = (octets: number): number => Math.max(1, Math.ceil(octets / unit))

/** Over the time that the DNS may take: for reading and reckoning, and for what waits in front. */
const spareTime = 10_000

export const patienceOf = ({ dns }: AuthenticatorOptions): number => dns.time + spareTime

export const threadsOf = ({ workers }: AuthenticatorOptions): number => (workers === 0 ? availableParallelism() : workers)
