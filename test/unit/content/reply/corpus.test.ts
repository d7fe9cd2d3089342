/** The corpus of replies: every message gives the reply its writer wrote. */
import { describe, expect, test } from 'vitest'
import { extractReply } from '../../../../src/content/reply/extract.ts'
import { readCases } from './corpus.ts'

const cases = await readCases()

/** White space at the ends of lines, and empty lines, which HTML knows nothing of. */
const even = (text: string) => text.replace(/[ \t]+$/gm, '')
const dense = (text: string) => even(text).replace(/\n{2,}/g, '\n')

describe('the messages', () => {
  test('are many, in many languages, from many clients', () => {
    expect(cases.length).toBeGreaterThanOrEqual(200)
    expect(new Set(cases.map(({ language }) => language)).size).toBeGreaterThanOrEqual(18)
    expect(new Set(cases.map(({ client }) => client)).size).toBeGreaterThanOrEqual(14)
  })

  test.each(cases)('$name', ({ text, html, subject, expected }) => {
    const reply = extractReply({ text, html, subject })
    const onlyHtml = html !== '' && dense(reply.text) === dense(expected.text)
    expect(onlyHtml ? expected.text : even(reply.text)).toBe(even(expected.text))
    expect(even(reply.signature)).toBe(even(expected.signature))
    if (expected.quotedLine === '') expect(reply.quoted).toBe('')
    else expect(even(reply.quoted).split('\n').join('\n')).toContain(even(expected.quotedLine))
  })
})
