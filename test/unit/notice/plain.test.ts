import { describe, expect, test } from 'vitest'
import { defused, longestSubject, plain, shownAddress } from '../../../src/notice/plain.ts'

describe('one line of text', () => {
  test.each([
    ['Hello', 'Hello'],
    ['  a \r\n\t b  ', 'a b'],
    ['a\u2028b\u2029c\u00a0d', 'a b c d'],
    ['safe\u202egnp.exe', 'safegnp.exe'],
    ['a\u0000b\u001bc\u007fd\u0085e', 'abcde'],
    ['tag\u{e0041}ged', 'tagged'],
    ['\ufeffbom\u200b', 'bom'],
    ['lone \ud800 half', 'lone \ufffd half'],
    ['می\u200cخواهم', 'می\u200cخواهم'],
    ['日本語 🙂 é', '日本語 🙂 é'],
    ['', ''],
  ])('%j becomes %j', (text, expected) => expect(plain(text, 100)).toBe(expected))

  test('is cut by characters, not in the middle of one', () => {
    expect(plain('🙂'.repeat(5), 5)).toBe('🙂'.repeat(5))
    expect(plain('🙂'.repeat(6), 5)).toBe(`${'🙂'.repeat(4)}…`)
  })
})

describe('a Subject of a stranger', () => {
  test.each([
    ['Re: your ticket #42', 'Re: your ticket #42'],
    ['Version 2.1 of 3.4.2026, at 9.30', 'Version 2.1 of 3.4.2026, at 9.30'],
    ['Wait... what?', 'Wait... what?'],
    ['See https://evil.example/x', 'See https[:]//evil[.]example/x'],
    ['HTTP://1.2.3.4/', 'HTTP[:]//1.2.3.4/'],
    ['www.evil.example', 'www[.]evil[.]example'],
    ['evil。example', 'evil[.]example'],
    ['💩.example', '💩[.]example'],
    ['shop24.example', 'shop24[.]example'],
    ['mail me@evil.example', 'mail me[at]evil[.]example'],
    ['=?utf-8?Q?evil=2Eexample?=', '= ?utf-8?Q?evil=2Eexample?='],
    ['evil\u200b.exam\u202eple', 'evil[.]example'],
  ])('%j becomes %j', (text, expected) => expect(defused(text, 100)).toBe(expected))

  test('is bounded', () => {
    expect(defused('x'.repeat(longestSubject), longestSubject)).toBe('x'.repeat(longestSubject))
    expect(defused('x'.repeat(longestSubject + 1), longestSubject)).toBe(`${'x'.repeat(longestSubject - 1)}…`)
  })
})

describe('an address of ours as a stranger spelled it', () => {
  test.each([
    ['incoming+k3y@incoming.example.com', 'incoming+k3y@incoming.example.com'],
    ['a.b-c_d=e@incoming.example.com', 'a.b-c_d=e@incoming.example.com'],
    ['"https://evil.example/ "@incoming.example.com', '"https[:]//evil[.]example/ "@incoming.example.com'],
    ['a.b@c', 'a.b@c'],
    ['https://evil.example/', 'https[:]//evil[.]example/'],
    ['www.evil.example/x@incoming.example.com', 'www[.]evil[.]example/x@incoming.example.com'],
    ['"a\r\nb"@incoming.example.com', '"a b"@incoming.example.com'],
  ])('%j becomes %j', (text, expected) => expect(shownAddress(text)).toBe(expected))
})
