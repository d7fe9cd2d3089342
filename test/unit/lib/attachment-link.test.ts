/** Links to attachments: what is signed, and until when they are good. */
import { describe, expect, test } from 'vitest'
import { attachmentLink, type LinkedPart, verifyLink } from '../../../src/lib/attachment-link.ts'

const secret = new Uint8Array(32).fill(7)
const links = { url: 'https://incoming.example.com/', secret, expires: 7 * 86_400_000 }
const at = Date.UTC(2026, 10, 21, 12, 0, 0, 500)
const until = Math.ceil((at + links.expires) / 1000)

function taken(link: string): { message: string; part: LinkedPart; expires: number; signature: string } {
  const url = new URL(link)
  const [, , message, part] = url.pathname.split('/')
  return {
    message: decodeURIComponent(message!),
    part: part === 'raw' ? 'raw' : Number(part),
    expires: Number(url.searchParams.get('expires')),
    signature: url.searchParams.get('signature')!,
  }
}

describe('attachmentLink', () => {
  test('names the message, the part and the time, the same at every call', () => {
    const link = attachmentLink(links, { message: 'a/b c', part: 3, at })
    expect(link).toMatch(/^https:\/\/incoming\.example\.com\/attachments\/a%2Fb%20c\/3\?expires=\d+&signature=[\w-]{43}$/)
    expect(attachmentLink(links, { message: 'a/b c', part: 3, at })).toBe(link)
    expect(taken(link).expires).toBe(until)
  })
})

describe('verifyLink', () => {
  const good = taken(attachmentLink(links, { message: 'm1', part: 1, at }))

  test('is good until it expires, and not a moment longer', () => {
    expect(verifyLink(secret, good, at)).toBe(true)
    expect(verifyLink(secret, good, until * 1000 - 1)).toBe(true)
    expect(verifyLink(secret, good, until * 1000)).toBe(false)
  })
  test.each([
    ['another message', { message: 'm2' }],
    ['another part', { part: 0 }],
    ['the raw message', { part: 'raw' as const }],
    ['another time', { expires: good.expires + 1 }],
    ['no time', { expires: Number.NaN }],
    ['a time that is no whole number', { expires: good.expires + 0.5 }],
    ['no signature', { signature: '' }],
    ['a longer signature', { signature: `${good.signature}A` }],
    ['the signature written in another way', { signature: `${good.signature}=` }],
  ])('refuses %s', (_, change) => {
    expect(verifyLink(secret, { ...good, ...change }, at)).toBe(false)
  })
  test('refuses another secret', () => {
    expect(verifyLink(new Uint8Array(32).fill(8), good, at)).toBe(false)
  })
})
