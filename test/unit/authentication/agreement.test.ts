// Held to mailauth's own, slower ways: rows of the header, hashes of the body in pieces of any size, and the results of dkimVerify.
import { createRequire } from 'node:module'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createBodyHash } from '../../../src/authentication/body-hash.ts'
import { readHead } from '../../../src/authentication/head.ts'
import { createLineEnds } from '../../../src/authentication/line-ends.ts'
import { parseHeaders } from '../../../src/authentication/mailauth.ts'
import { readOpening } from '../../../src/authentication/opening.ts'
import { beginVerification } from '../../../src/authentication/verifier.ts'
import { createBoundedMap } from '../../../src/lib/bounded-map.ts'
import { mapResolver, type Signing, signedMessage } from '../../support/signed-mail.ts'

const load = createRequire(import.meta.url)
const { dkimBody } = load('mailauth/lib/dkim/body/index.js')
const { dkimVerify } = load('mailauth/lib/dkim/verify.js')

const bodies = fc.array(fc.constantFrom('\r\n', ' ', '\t', 'a', 'text', '\r', '  ', '\r\n\r\n', '\0', 'é'), { maxLength: 40 })
const cuts = fc.array(fc.nat(60), { maxLength: 8 })
const octetsOf = (parts: readonly string[]): Buffer => Buffer.from(parts.join(''))

function inPieces(octets: Buffer, at: readonly number[]): Buffer[] {
  const places = [0, ...[...at].sort((a, b) => a - b), octets.length].map(place => Math.min(place, octets.length))
  return places.slice(1).map((place, i) => octets.subarray(places[i], place))
}

describe('body hashes', () => {
  test.each(['simple', 'relaxed'])('%s is that of mailauth, cut anywhere, with any l=', canon => {
    fc.assert(
      fc.property(bodies, cuts, fc.option(fc.nat(50), { nil: '' as const }), (parts, at, most) => {
        const body = Buffer.from(createLineEnds()(octetsOf(parts)))
        const theirs = dkimBody(canon, 'sha256', most)
        theirs.update(body)
        const ours = createBodyHash(canon, 'sha256', most)
        for (const piece of inPieces(body, at)) ours.update(piece)
        expect(ours.digest('base64')).toBe(theirs.digest('base64'))
        expect([ours.canonicalizedLength, ours.bodyHashedBytes, ours.byteLength]).toEqual([
          theirs.canonicalizedLength,
          theirs.bodyHashedBytes,
          theirs.byteLength,
        ])
      }),
      { numRuns: 3000 },
    )
  })
})

test('line ends: bare LF becomes CRLF wherever the pieces are cut', () => {
  const parts = fc.array(fc.constantFrom('\n', '\r\n', '\r', 'a', '\n\n'), { maxLength: 20 })
  fc.assert(
    fc.property(parts, cuts, (list, at) => {
      const lineEnds = createLineEnds()
      const out = Buffer.concat(inPieces(octetsOf(list), at).map(lineEnds)).toString()
      expect(out).toBe(list.join('').replace(/(?<!\r)\n/g, '\r\n'))
    }),
    { numRuns: 2000 },
  )
})

describe('rows of the header', () => {
  const words = [
    'From',
    ': ',
    ':',
    ' ',
    '\r\n',
    '\r\n ',
    '\r\n\t',
    'a@b.c',
    'X-É: é',
    'Subject',
    '\r',
    '\xa0',
    'DKIM-Signature: v=1;',
    'K :v',
  ]
  const heads = fc.array(fc.constantFrom(...words), { maxLength: 30 })
  test('are those of mailauth', () => {
    fc.assert(
      fc.property(heads, list => {
        const text = list.join('').replace(/\r\n\r\n/g, '\r\n')
        const octets = Buffer.from(`${text}\r\n\r\n`, 'latin1')
        const theirs = parseHeaders(octets).parsed.map(({ key, casedKey, line }) => [key, casedKey, line.toString('latin1')])
        const ours = readHead(octets)!.parsed.map(({ key, casedKey, line }) => [key, casedKey, line.toString('latin1')])
        expect(ours).toEqual(theirs)
      }),
      { numRuns: 5000 },
    )
  })
  test.each([
    ['A: b\r\n', true],
    ['A: b\r\n c\r\n\td\r\n', true],
    ['A : b\r\n', true],
    ['A: b\r\nno field\r\n', false],
    ['From\r\n : b\r\n', false],
    [' folded first\r\n', false],
    ['A: b\r\n\xa0c\r\n', false],
  ])('%j is well-formed: %s', (text, wellFormed) => {
    expect(readHead(Buffer.from(text, 'latin1'))!.wellFormed).toBe(wellFormed)
  })
  test('2,000 fields are read, 2,001 are not', () => {
    expect(readHead(Buffer.from('a:\r\n'.repeat(2000)))!.parsed).toHaveLength(2000)
    expect(readHead(Buffer.from('a:\r\n'.repeat(2001)))).toBeNull()
  })
})

describe('verification', () => {
  const shapes: readonly (readonly [string, Signing, string])[] = (['simple', 'relaxed'] as const).flatMap(header =>
    (['simple', 'relaxed'] as const).flatMap(body =>
      (['rsa-2048', 'ed25519', 'rsa-512'] as const).map(
        key => [`${key} ${header}/${body}`, { key, canonicalization: `${header}/${body}` }, 'Some  text \r\n\tmore\r\n\r\n\r\n'] as const,
      ),
    ),
  )
  const changes: Readonly<Record<string, (raw: string) => string>> = {
    'as sent': raw => raw,
    'body changed': raw => raw.replace('more', 'less'),
    'body refolded': raw => raw.replace('Some  text ', 'Some text'),
    'header changed': raw => raw.replace('Subject: A', 'Subject: Another'),
    'header respaced': raw => raw.replace('Subject: A', 'subject:   A'),
    'bare LF': raw => raw.replaceAll('\r\n', '\n'),
    'no body': raw => raw.slice(0, raw.indexOf('\r\n\r\n') + 2),
    'signature broken': raw => raw.replace(/ b=..../, ' b=AAAA'),
    'd= doubled': raw => raw.replace('d=example.com;', 'd=example.com; d=example.com;'),
    'no v=': raw => raw.replace('v=1;', ''),
    'From unsigned': raw => raw.replace(/:\s*From;/i, ';'),
  }
  test.each(shapes)('%s gives what dkimVerify gives', async (_name, signing, body) => {
    const { raw, records } = await signedMessage({ body, signatures: [signing], fields: ['X-Wide: a \t b', 'List-Id: <x.y>'] })
    const resolve = mapResolver(records)
    for (const [change, apply] of Object.entries(changes)) {
      const octets = Buffer.from(apply(raw.toString('latin1')), 'latin1')
      const options = { resolver: resolve, strict: true, minBitLength: 1024, rejectRsaSha1: true }
      const theirs = (await dkimVerify(octets, options)).results.map((result: { status: object }) => result.status)
      const found = await verify(octets, resolve)
      const told = (status: { result?: string; comment?: string; underSized?: number }) => [
        status.result,
        status.comment,
        status.underSized,
      ]
      expect(found.map(told), change).toEqual(theirs.map(told))
    }
  })

  async function verify(octets: Buffer, resolve: ReturnType<typeof mapResolver>): Promise<object[]> {
    const pieces: (Buffer | null)[] = [octets.subarray(0, 150), octets.subarray(150), null]
    const opening = await readOpening(async () => pieces.shift() ?? null)
    const head = readHead(opening.head)!
    const rows = head.parsed.filter(({ key }) => key === 'dkim-signature')
    const verification = await beginVerification(head, rows, { resolve, keys: createBoundedMap(10), at: Date.now() })
    verification.body(opening.rest)
    for (let piece = pieces.shift(); piece; piece = pieces.shift()) verification.body(opening.lineEnds(piece))
    await verification.end()
    return verification.results.map(({ status }) => status)
  }
})
