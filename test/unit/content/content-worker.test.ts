/** Several messages in one task of the thread: all of them, but for those behind one that took long. */
import { expect, test } from 'vitest'
import { type ContentTask, work } from '../../../src/content/content-worker.ts'
import { contentLimits } from '../../support/content.ts'

const task = (html: string): ContentTask => ({
  kind: 'content',
  raw: new TextEncoder().encode(`From: a@a.example\r\nContent-Type: text/html\r\n\r\n${html}`),
  facts: { id: 'm', received: 0 },
  options: { inline: 0, larger: 'omit' },
  limits: contentLimits,
  links: null,
})
const quick = task('x')
const slow = task('<blockquote>'.repeat(150) + 'x<br>'.repeat(10_000))

test('a slow message ends a shared task with its own content', async () => {
  await work({ kind: 'contents', tasks: [quick] })
  expect(await work({ kind: 'contents', tasks: [quick, slow, quick, quick] })).toHaveLength(2)
})
