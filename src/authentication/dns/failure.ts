/**
 * Why a question to the DNS has no records as its answer, with the codes of node:dns where it has one. ENOTFOUND (no such name) and
 * ENODATA (no such record) are answers; EBADNAME (no name at all) and EQUERYLIMIT (the message had its share of queries) are
 * permanent too; whatever else is "later".
 */
export type DnsCode =
  | 'ENOTFOUND'
  | 'ENODATA'
  | 'ESERVFAIL'
  | 'EREFUSED'
  | 'ETIMEOUT'
  | 'EBADNAME'
  | 'EQUERYLIMIT'
  /** A record type that this resolver doesn't know. */
  | 'ENOTIMP'
  /** Closed. */
  | 'ECANCELLED'

export class DnsFailure extends Error {
  override readonly name = 'DnsFailure'
  readonly code: DnsCode
  constructor(code: DnsCode, asked: string) {
    super(`${code} ${asked.slice(0, 300)}`)
    this.code = code
  }
}
