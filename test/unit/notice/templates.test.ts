import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { longestFieldText, longestText, readTemplates } from '../../../src/notice/read-templates.ts'
import { loadTemplates, TemplateError } from '../../../src/notice/templates.ts'
import { heardReasons } from '../../../src/policy/notice/hears.ts'

const shipped = readdirSync('config/notices').map(name => name.replace('.yaml', ''))
const folder = mkdtempSync(path.join(tmpdir(), 'postern-templates-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('four languages come with the program', () => expect(shipped.toSorted()).toEqual(['de', 'en', 'es', 'fr']))

describe.each(shipped)('%s', language => {
  test('loads, and has its language', async () => expect((await loadTemplates({ language })).language).toBe(language))

  test('has a text of its own for each reason that a writer hears of, and for no other', async () => {
    const { reasons } = await loadTemplates({ language })
    expect([...reasons.keys()].toSorted()).toEqual([...heardReasons].toSorted())
    expect(new Set(reasons.values()).size).toBe(reasons.size)
  })

  test('says to whom, what, when and which message', () => {
    const text = readFileSync(`config/notices/${language}.yaml`, 'utf8').replace(/^#.*$/gm, '')
    for (const name of ['recipient', 'subject', 'received', 'id', 'hostname']) expect(text).toContain(`%{${name}}`)
  })

  test('names no service and holds no link', () => {
    expect(readFileSync(`config/notices/${language}.yaml`, 'utf8')).not.toMatch(/https?:|www\./)
  })
})

describe('which file is read', () => {
  const good = readFileSync('config/notices/en.yaml', 'utf8')

  test('the operator’s, where there is one; ours for the other languages', async () => {
    writeFileSync(path.join(folder, 'de.yaml'), good.replace(/^name: .*$/m, 'name: Ours'))
    expect((await loadTemplates({ language: 'de', directory: folder })).name).toBe('Ours')
    expect((await loadTemplates({ language: 'en', directory: folder })).name).toBe('Mail at %{hostname}')
  })

  test('one of a language that we don’t have', async () => {
    writeFileSync(path.join(folder, 'pt-BR.yaml'), good)
    expect((await loadTemplates({ language: 'pt-BR', directory: folder })).language).toBe('pt-BR')
  })

  test('none: the error names those that there are', async () => {
    await expect(loadTemplates({ language: 'tr' })).rejects.toThrow('no notice templates for the language “tr”: there are de, en, es, fr')
  })

  test.each(['../en', 'en/../en', '', 'english', 'e', 'en_GB', 'en-u-', '__proto__'])('%j is no language', async language => {
    await expect(loadTemplates({ language, directory: folder })).rejects.toThrow(/no language tag/)
  })

  test('a folder that isn’t there', async () => {
    const directory = path.join(folder, 'none')
    await expect(loadTemplates({ language: 'en', directory })).rejects.toThrow(`${directory}: no such folder`)
  })

  test('a mistake: file, line and what is wrong', async () => {
    writeFileSync(path.join(folder, 'nl.yaml'), good.replace(/(closing:.*)%\{id}/s, '$1%{ID}'))
    const error = await loadTemplates({ language: 'nl', directory: folder }).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(TemplateError)
    expect(String(error)).toMatch(
      new RegExp(
        `${folder}/nl.yaml:\\d+: %{ID} is no placeholder; there are %{recipient}, %{subject}, %{received}, %{id}, %{hostname}, %{said}$`,
      ),
    )
  })
})

describe('a file of templates', () => {
  const least = ['name: N', 'subject: S', 'no-subject: none', 'intro: I', 'default: D', 'closing: C']
  const read = (...lines: readonly string[]) => {
    const result = readTemplates(lines.join('\n'), 'en')
    return 'problems' in result ? result.problems.map(({ line, message }) => `${line}: ${message}`) : result
  }
  const changed = (line: string) => read(...least.map(other => (other.split(':')[0] === line.split(':')[0] ? line : other)))

  test('needs no reasons', () => expect(read(...least)).toMatchObject({ name: 'N', noSubject: 'none', default: 'D', reasons: new Map() }))

  test.each(least.map(line => line.split(':')[0]!))('needs %s', key => {
    expect(read(...least.filter(line => !line.startsWith(`${key}:`)))).toEqual([`1: “${key}” is missing`])
  })

  test.each([
    ['intro:', '4: a text is to stand here'],
    ['intro: 5', '4: a text is to stand here'],
    ['intro: [a]', '4: a text is to stand here'],
    ['intro: "  "', '4: a text is to stand here'],
    ['intro: "a\\u0007"', '4: the text holds a control character'],
    ['subject: "a\\nb"', '2: the text is to be one line'],
    ['intro: "%{who}"', '4: %{who} is no placeholder; there are %{recipient}, %{subject}, %{received}, %{id}, %{hostname}, %{said}'],
    ['intro: "%{id"', '4: %{id is no placeholder; there are %{recipient}, %{subject}, %{received}, %{id}, %{hostname}, %{said}'],
    ['intro: "%{%{id}id}"', '4: %{id} is no placeholder; there are %{recipient}, %{subject}, %{received}, %{id}, %{hostname}, %{said}'],
  ])('%s', (line, problem) => expect(changed(line)).toEqual([problem]))

  test.each([
    ['intro', longestText],
    ['subject', longestFieldText],
  ])('%s may have %i characters', (key, longest) => {
    expect(changed(`${key}: ${'a'.repeat(longest)}`)).toMatchObject({ name: 'N' })
    expect(changed(`${key}: ${'a'.repeat(longest + 1)}`)).toEqual([expect.stringContaining(`the text is over ${longest} characters`)])
  })

  test.each([
    [['greeting: hi'], '7: “greeting” is no key here; there are name, subject, no-subject, intro, default, closing, reasons'],
    [['__proto__: hi'], /^7: “__proto__” is no key here/],
    [['name: again'], /^7: not valid YAML/],
    [['reasons: text'], '7: “reasons” is to hold reasons with texts'],
    [['reasons:', '  key.lost: text'], /^8: “key.lost” is no key here; there are connection.limit, /],
    [['reasons:', '  constructor: text'], /^8: “constructor” is no key here/],
    [['reasons:', '  key.expired: ""'], '8: a text is to stand here'],
  ])('%j', (lines, problem) =>
    expect(read(...least, ...lines)).toEqual([typeof problem === 'string' ? problem : expect.stringMatching(problem)]),
  )

  test.each([[''], ['text'], ['- a'], ['# nothing']])('%j holds no keys', text =>
    expect(read(text)).toEqual([expect.stringMatching(/^1: /)]),
  )

  test('gives all mistakes, in order of lines', () => {
    expect(read('name: "%{a}"', 'intro: "%{b}"', ...least.filter(line => !/^(name|intro)/.test(line)))).toHaveLength(2)
  })
})
