/** What the header of a part says of it (RFC 2045, RFC 2183, RFC 2392), with the defaults where it says nothing or nonsense. Pure. */
import { firstField, type RawField } from '../header/fields.ts'
import { readParameters } from '../header/parameters.ts'
import { cleanName } from './name.ts'

export interface Part {
  /** 'text/plain' in lower case. */
  readonly type: string
  /** As declared. */
  readonly charset: string | null
  readonly flowed: boolean
  readonly delSp: boolean
  /** null where none is given; what isn't known counts as an attachment (RFC 2183 2.8). */
  readonly disposition: 'attachment' | 'inline' | null
  /** Cleaned. */
  readonly name: string | null
  readonly contentId: string | null
}

/** `above`: the multipart it stands in. */
export function partOf(fields: readonly RawField[], above: Part | null): Part {
  const written = firstField(fields, 'content-type')
  const { value, parameters } = readParameters(written ?? '')
  const disposition = readParameters(firstField(fields, 'content-disposition') ?? '')
  const name = disposition.parameters.get('filename') ?? parameters.get('name') ?? null
  const id = firstField(fields, 'content-id')?.replace(/[\x00-\x20\x7f<>]/g, '')
  return {
    type: typeOf(written === undefined ? '' : value, above),
    charset: parameters.get('charset') ?? null,
    flowed: parameters.get('format')?.toLowerCase() === 'flowed',
    delSp: parameters.get('delsp')?.toLowerCase() === 'yes',
    disposition: disposition.value === '' ? null : disposition.value === 'inline' ? 'inline' : 'attachment',
    name: name === null ? null : cleanName(name),
    contentId: id === undefined || id === '' ? null : id.slice(0, 1000),
  }
}

/** RFC 2045 5.2, RFC 2046 5.1.5: none is plain text, in a digest a message. */
function typeOf(value: string, above: Part | null): string {
  if (/^[a-z0-9!#$&^_.+-]{1,127}\/[a-z0-9!#$&^_.+-]{1,127}$/.test(value)) return value
  if (above?.type === 'multipart/digest' && value === '') return 'message/rfc822'
  // "text" alone is what very old software writes.
  return value === '' || value === 'text' ? 'text/plain' : 'application/octet-stream'
}
