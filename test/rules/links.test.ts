import { existsSync } from 'node:fs'
import path from 'node:path'
import { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import { program } from '../../src/cli/program.ts'
import { filesUnder, ROOT, read } from './files.ts'
import { anchors, callProblems, calls, codeSpans, links, namedCode, namedPaths } from './markdown.ts'

const pages = ['README.md', 'CHANGELOG.md', 'postfix/README.md', ...filesUnder('docs').filter(file => file.endsWith('.md'))]
const root = program(new Command('postern'))
const there = (file: string) => existsSync(path.join(ROOT, file))
/** Made when somebody runs the benchmarks, and not kept: a fresh checkout has none. */
const made = (file: string) => file.startsWith('bench/results/')

/** What is wrong with a link: `page` is where it stands. */
function linkProblems(page: string, link: string): string[] {
  const [file, anchor] = link.split('#', 2) as [string, string?]
  const target = file === '' ? page : path.posix.join(path.posix.dirname(page), decodeURIComponent(file))
  if (!there(target)) return [`${page} links to ${link}, which isn’t there`]
  if (anchor === undefined || anchors(read(target)).includes(anchor)) return []
  return [`${page} links to ${link}: no such heading`]
}

describe('the pages', () => {
  test('are found', () => expect(pages).toEqual(expect.arrayContaining(['README.md', 'docs/flow.md', 'docs/design.md'])))

  test('link to what is there', () => {
    const found = pages.flatMap(page => links(read(page)).map(link => [page, link] as const))
    expect(found.length).toBeGreaterThan(20)
    expect(found.flatMap(([page, link]) => linkProblems(page, link))).toEqual([])
  })

  test('name files and folders that are there', () => {
    const found = pages.flatMap(page => namedPaths(read(page)).map(file => [page, file] as const))
    expect(found.length).toBeGreaterThan(100)
    expect(found.filter(([, file]) => !made(file) && !there(file))).toEqual([])
  })

  test('name code where it stands', () => {
    const found = pages.flatMap(page => namedCode(read(page)).map(([name, file]) => [page, name, file] as const))
    expect(found.length).toBeGreaterThan(30)
    expect(found.filter(([, name, file]) => !there(file) || !new RegExp(`\\b${name}\\b`).test(read(file)))).toEqual([])
  })

  test('name dialogs that are there', () => {
    const found = codeSpans(read('docs/design.md')).filter(span => /^(?:lmtp|smtp)-[\w-]+\.txt$/.test(span))
    expect(found.length).toBeGreaterThan(20)
    expect(found.filter(file => !there(`test/dialogs/${file}`))).toEqual([])
  })

  test('show commands and options that exist', () => {
    const found = pages.flatMap(page => calls(read(page)))
    expect(found.length).toBeGreaterThan(4)
    expect(found.flatMap(call => callProblems(root, call))).toEqual([])
  })
})

test('every page of docs/ is linked from the README', () => {
  const linked = links(read('README.md'))
  expect(pages.filter(page => page.startsWith('docs/') && !linked.includes(page))).toEqual([])
})

describe('the rules find', () => {
  test.each([
    ['README.md', 'docs/nowhere.md'],
    ['docs/flow.md', 'README.md'],
    ['docs/flow.md', 'design.md#nothing'],
    ['README.md', '#nothing'],
  ])('in %s a link to %s', (page, link) => expect(linkProblems(page, link)).toHaveLength(1))

  test.each([
    'deliver --to a@b.example',
    'keys burn --mailbox a',
    'keys',
    'send-test --too a@b.example',
    'keys mint --mailbox a --route b',
    'keys mint --mailbox a --route b --subject c --forever',
  ])('%s', call => expect(callProblems(root, call)).toHaveLength(1))
})

test('the rules leave good links and calls alone', () => {
  expect(linkProblems('docs/flow.md', '../README.md#two-commands')).toEqual([])
  expect(anchors('# A `b`\n## Why, then?\n## Why, then?\n```\n# no\n```')).toEqual(['a-b', 'why-then', 'why-then-1'])
  expect(calls('```sh\nA=$(npm run -s postern -- check -c x.yaml)  # good\n```\n`npm run -s postern -- …`')).toEqual([
    'check -c x.yaml)  # good',
  ])
  for (const call of ['check -c x.yaml)  # good', '--help', 'keys --help', 'keys rotate --mailbox=a --route b | cat', 'serve --config f'])
    expect(callProblems(root, call)).toEqual([])
})
