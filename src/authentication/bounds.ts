/**
 * How much of a stranger's message is looked at. Beyond any of these a signature is `permerror`: real mail stays far below, and what
 * is above costs time that grows faster than the message.
 */
export const bounds = {
  /** Signatures checked. */
  signatures: 8,
  /** Octets and fields of the header section: as mail/header-fields.ts reads it. */
  header: 256 * 1024,
  fields: 2000,
  /** Octets of a DKIM-Signature or ARC field. */
  field: 16 * 1024,
  /** Names in h=: each is looked for among all fields. */
  names: 500,
  /** Names in h= that are told. */
  told: 100,
  /** Octets of a TXT record. */
  record: 16 * 1024,
  /** Bits of an RSA key, RFC 8301 3.2: what a verifier must accept lies between 1,024 and 4,096. */
  leastBits: 1024,
  mostBits: 8192,
  /** Names of the client that are confirmed. */
  pointers: 10,
} as const
