/** What a call sends, whatever its form: a type, fields of the request, and octets that can be asked for twice. */
export interface Form {
  readonly contentType: string
  /** Further fields of the request. */
  readonly fields: Readonly<Record<string, string>>
  /** The same octets at every call. */
  pieces(): AsyncIterable<Uint8Array>
}
