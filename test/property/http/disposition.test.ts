import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseMoment } from '../../../src/lib/moment.ts'
import { attachmentDisposition, fileName } from '../../../src/listeners/http/disposition.ts'
import { processorTime } from '../../support/processor-time.ts'

const name = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme', maxLength: 300 }),
  fc
    .array(fc.constantFrom('..', '/', '\\', '"', '%', '\r\n', '\u202e', '\ud800', '.exe', 'ü', ';', "'", '*', ' ', 'a'), { maxLength: 80 })
    .map(parts => parts.join('')),
)

test('a file name can’t leave its folder, hide, or be too long for a file system', () => {
  fc.assert(
    fc.property(name, text => {
      const made = fileName(text, 'fallback')
      expect(made).not.toMatch(/[\x00-\x1f\x7f-\x9f/\\:*?"<>|\u202a-\u202e\u2066-\u2069]|^\.|^$|[. ]$|\p{Cs}/u)
      expect(made.length).toBeLessThanOrEqual(120)
      expect(fileName(made, 'fallback')).toBe(made)
    }),
  )
})

test.each([
  ['.. \r\n', 'fallback'],
  ['. .a. .', 'a'],
  [`${'_'.repeat(200)}a`, 'fallback'],
  [`${'a'.repeat(109)} b.html`, `${'a'.repeat(109)} b.html`],
  [`${'a'.repeat(114)} bcdefghi.html`, `${'a'.repeat(114)}.html`],
  [`${'b'.repeat(2_000)}.tar.gz`, `${'b'.repeat(117)}.gz`],
])('%j is %j', (text, made) => expect(fileName(text, 'fallback')).toBe(made))

test('a long name costs no time that anybody notices', () => {
  for (const run of [' ', '.', '_', 'a']) expect(processorTime(() => fileName(`a${run.repeat(1_000_000)}b`, 'fallback'))).toBeLessThan(200)
})

test('a disposition is one line of ASCII with the name in it', () => {
  fc.assert(
    fc.property(name, text => {
      const made = fileName(text, 'fallback')
      const field = attachmentDisposition(made)
      expect(field).toMatch(
        /^attachment; filename="[\x20\x21\x23-\x5b\x5d-\x7e]*"(?:; filename\*=UTF-8''(?:%[0-9A-F]{2}|[A-Za-z0-9#$&+.^_`|~-])+)?$/,
      )
      const encoded = /UTF-8''(.*)$/.exec(field)?.[1]
      expect(encoded === undefined ? /filename="(.*)"$/.exec(field)![1] : decodeURIComponent(encoded)).toBe(made)
    }),
  )
})

test('a time is read back from how it is written, and nothing throws', () => {
  fc.assert(
    fc.property(fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true }), at => {
      expect(parseMoment(at.toISOString(), 0)).toBe(at.getTime())
    }),
  )
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      const at = parseMoment(text, 1e12)
      expect(at === null || (Number.isSafeInteger(at) && at >= 0)).toBe(true)
    }),
  )
})
