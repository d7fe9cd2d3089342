import { existsSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { pages, repliesMarkdown } from '../../docs/generate.ts'
import { reasons } from '../../src/policy/reasons.ts'
import { ROOT, read } from './files.ts'

describe('generated pages', () => {
  test.each(Object.entries(pages()))('%s is fresh (npm run docs)', (file, text) => {
    // Not toBe(text): a difference of pages of text hides what to do about it.
    expect(existsSync(path.join(ROOT, file)) && read(file) === text, `${file} is not what npm run docs writes`).toBe(true)
  })
})

test('every reason is explained in docs/replies.md', () => {
  const page = read('docs/replies.md')
  expect(Object.keys(reasons).filter(reason => !page.includes(`| \`${reason}\` | `))).toEqual([])
})

test('every reply of the catalogue stands on the page', () => {
  const texts = [...read('src/mail/replies.ts').matchAll(/reply\(\d+, (?:null|'[\d.]+'), '([^']+)'\)/g)].map(match => match[1]!)
  expect(texts.length).toBeGreaterThan(30)
  const page = repliesMarkdown()
  expect(texts.filter(text => !page.includes(`| ${text.replaceAll('<', '&lt;')} | `))).toEqual([])
})

test('the files that docs/specifications.md names are there', () => {
  const named = [...read('docs/specifications.md').matchAll(/`(src\/[^`]+)`/g)].map(match => match[1]!)
  expect(named.length).toBeGreaterThan(20)
  expect(named.filter(file => !existsSync(path.join(ROOT, file)))).toEqual([])
})
