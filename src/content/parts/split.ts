/**
 * A message taken apart into its parts, their transfer encoding undone (RFC 2045, RFC 2046): mailparser splits and decodes, and looks
 * into nothing else: charsets, names and addresses are read from the octets, here, under the budget. An enclosed message stays whole.
 */
import { createHash } from 'node:crypto'
import { Readable, type Transform } from 'node:stream'
import { type AttachmentStream, MailParser, type MailParserOptions } from 'mailparser'
import type { RawField } from '../header/fields.ts'
import { readFields } from '../header/fields.ts'
import { type ContentLimits, OverBudget } from '../limits.ts'
import type { Part } from './part.ts'
import { partOf } from './part.ts'
import { quotedPrintableDecoder } from './quoted-printable.ts'

export interface SplitOptions {
  readonly limits: ContentLimits
  /** How many decoded octets of this part are kept; all are counted and hashed. */
  keep(part: Part): number
}

/** A leaf has `size`, `sha256` and what was kept of its octets; a multipart has `children`. */
export interface SplitPart extends Part {
  readonly children: SplitPart[]
  size: number
  sha256: string
  octets: Uint8Array
}

/** Passed through to the splitter; @types/mailparser doesn't know them. */
interface Options extends MailParserOptions {
  readonly ignoreEmbedded: boolean
  readonly maxHeadSize: number
  readonly maxChildNodes: number
}

/** The parts of mailparser 3.9 that are replaced: it would decode the text itself, and read every field of every part. */
interface Inner {
  textTypes: readonly string[]
  processHeaders(lines: unknown): Map<string, unknown>
  createNode(node: Node): { headers: object }
}
interface Node {
  readonly parentNode: Node | false
  readonly headers: { readonly lines: readonly { readonly line: string }[] }
  readonly encoding: string | false
  getDecoder(): Transform
}

const pieceSize = 64 * 1024

/**
 * `fields` and `body`: of the message. Rejects with OverBudget, or with what mailparser has to say; after that it must not be waited
 * for: a breach ends the reading at once.
 */
export function splitMessage(fields: readonly RawField[], body: Uint8Array, options: SplitOptions): Promise<SplitPart> {
  const { promise, resolve, reject } = Promise.withResolvers<SplitPart>()
  const { limits } = options
  const settings: Options = {
    skipHtmlToText: true,
    skipTextToHtml: true,
    skipImageLinks: true,
    skipTextLinks: true,
    ignoreEmbedded: true,
    maxHeadSize: limits.header,
    maxChildNodes: limits.parts,
  }
  const parser = new MailParser(settings)
  const source = Readable.from(pieces(fields, body), { objectMode: false })
  const fail = (error: unknown): void => {
    source.destroy()
    parser.destroy()
    reject(asBreach(error, limits))
  }
  const tree = watchNodes(parser as unknown as Inner, limits, fail)
  parser.on('error', fail)
  source.on('error', fail)
  parser.on('data', (data: AttachmentStream | { type: 'text' }) => {
    if (data.type !== 'attachment') return
    const part = tree.partOf(data.headers)
    if (part === undefined) return fail(new Error('mailparser gives a part that it did not announce'))
    collect(data, part, options.keep(part))
  })
  parser.on('end', () => {
    const root = tree.root()
    if (root === null) reject(new Error('mailparser found no part'))
    else resolve(root)
  })
  source.pipe(parser)
  return promise
}

/** Only the fields that say how the body is made: mailparser has no business with the others. */
function* pieces(fields: readonly RawField[], body: Uint8Array): Generator<Buffer> {
  const head = fields
    .filter(({ name }) => /^content-(?:type|transfer-encoding|disposition)$/i.test(name))
    .map(({ name, value }) => `${name}: ${value}\r\n`)
    .join('')
  yield Buffer.from(`${head}\r\n`, 'latin1')
  for (let at = 0; at < body.length; at += pieceSize) {
    yield Buffer.from(body.buffer, body.byteOffset + at, Math.min(pieceSize, body.length - at))
  }
}

/** Counts parts and depth as they are announced, and remembers them by the object that mailparser has for their header. */
function watchNodes(inner: Inner, limits: ContentLimits, fail: (error: Error) => void) {
  const byHeaders = new WeakMap<object, SplitPart>()
  const byNode = new WeakMap<Node, { part: SplitPart; depth: number }>()
  let root: SplitPart | null = null
  let count = 0
  const create = inner.createNode.bind(inner)
  inner.textTypes = []
  // A map of its own for each node, by which it is known again.
  inner.processHeaders = () => new Map()
  inner.createNode = node => {
    const above = node.parentNode === false ? undefined : byNode.get(node.parentNode)
    const depth = (above?.depth ?? -1) + 1
    if (++count > limits.parts) fail(new OverBudget(`more than ${limits.parts} parts`))
    else if (depth > limits.depth) fail(new OverBudget(`parts in parts more than ${limits.depth} deep`))
    if (node.encoding === 'quoted-printable') node.getDecoder = quotedPrintableDecoder
    const made = create(node)
    const lines = node.headers.lines.map(({ line }) => line).join('\r\n')
    const { fields } = readFields(Buffer.from(lines, 'latin1'), limits.header)
    const part: SplitPart = { ...partOf(fields, above?.part ?? null), children: [], size: 0, sha256: emptyHash, octets: new Uint8Array(0) }
    byHeaders.set(made.headers, part)
    byNode.set(node, { part, depth })
    if (above !== undefined) above.part.children.push(part)
    root ??= part
    return made
  }
  return { root: () => root, partOf: (headers: object) => byHeaders.get(headers) }
}

const emptyHash = createHash('sha256').digest('hex')

function collect(stream: AttachmentStream, part: SplitPart, keep: number): void {
  const hash = createHash('sha256')
  const chunks: Buffer[] = []
  stream.content.on('data', (chunk: Buffer) => {
    hash.update(chunk)
    const room = keep - part.size
    if (room > 0) chunks.push(chunk.subarray(0, room))
    part.size += chunk.length
  })
  stream.content.on('end', () => {
    part.sha256 = hash.digest('hex')
    part.octets = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
    stream.release()
  })
}

/** What the splitter calls EMAXLEN is the header of a part, or too many parts. */
function asBreach(error: unknown, limits: ContentLimits): unknown {
  if ((error as { code?: unknown }).code !== 'EMAXLEN') return error
  return new OverBudget(
    /head/i.test(String(error)) ? `the header of a part is larger than ${limits.header} octets` : `more than ${limits.parts} parts`,
  )
}
