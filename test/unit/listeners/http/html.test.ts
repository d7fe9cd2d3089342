import { expect, test } from 'vitest'
import { html } from '../../../../src/listeners/http/html.ts'
import { cut, visible } from '../../../../src/listeners/http/visible.ts'

test('strings are escaped, Html is not, and neither is hidden in a list', () => {
  const inner = html`<b>${'<&>'}</b>`
  expect(String(html`<p title="${'"\'`'}">${[inner, ['<', 1], null, undefined, false]}</p>`)).toBe(
    '<p title="&quot;&#39;&#96;"><b>&lt;&amp;&gt;</b>&lt;1</p>',
  )
})

test('what looks like Html but was parsed from outside is not taken for it', () => {
  const forged = JSON.parse('{"#markup":"<b>","markup":"<b>"}')
  expect(() => String(html`${forged}`)).toThrow()
})

test('an attribute without quotes is an error of the template', () => {
  expect(() => html`<a href=${'x'}>`).toThrow('without quotes')
})

test.each([
  ['a\r\nb', 'a␍\nb'],
  ['\0\x1b[31m\x7f', '␀␛[31m␡'],
  ['\u202egpj.exe', '[U+202E]gpj.exe'],
  ['\u0085\u200b\ufeff', '[U+0085][U+200B][U+FEFF]'],
  ['\u{e0041}', '[U+E0041]'],
  ['\ud800x', '\ufffdx'],
  ['tab\tand\nline, 👩‍👩‍👧 می‌خواهم', 'tab\tand\nline, 👩‍👩‍👧 می‌خواهم'],
])('%j is seen as %j', (text, seen) => {
  expect(visible(text)).toBe(seen)
})

test('cutting leaves whole characters', () => {
  expect(cut('abc', 3)).toBe('abc')
  expect(cut('abcd', 3)).toBe('abc…')
  expect(cut('ab😀', 3)).toBe('ab…')
})
