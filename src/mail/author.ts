/**
 * The author of a message as far as RFC5322.From names exactly one (RFC 5322 3.6.2, RFC 6854, RFC 6532).
 */

/** `address` in canonical form, `domain` of it as a lower-case A-label. */
export type Author =
  | { readonly kind: 'one'; readonly address: string; readonly domain: string }
  /** No From field, or nobody in it. */
  | { readonly kind: 'none' }
  /** More than one field, or more than one address. */
  | { readonly kind: 'several' }
  /** What stands there is no address, or could be read as another by somebody else. `detail` for people, at most 120 characters. */
  | { readonly kind: 'malformed'; readonly detail: string }
