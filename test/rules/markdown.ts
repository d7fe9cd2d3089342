/**
 * Reads our Markdown just well enough for the rules: links, headings, code spans and fenced blocks, and what stands in them
 * that can go stale. Each function gives what is wrong as sentences. No parser: it knows the Markdown that we write.
 */
import type { Command } from 'commander'

const FENCE = /^```(\w*)\n([\s\S]*?)^```$/gm

/** Text without its fenced blocks: what looks like a link there is none. */
const prose = (text: string): string => text.replace(FENCE, '')

export const blocks = (text: string, language: string): string[] =>
  [...text.matchAll(FENCE)].filter(([, name]) => name === language).map(([, , body]) => body!)

export const codeSpans = (text: string): string[] => [...prose(text).matchAll(/`([^`\n]+)`/g)].map(match => match[1]!)

/** Targets of links that are no URLs, as written. */
export const links = (text: string): string[] =>
  [...prose(text).matchAll(/\]\(([^)\s]+)\)/g)].map(match => match[1]!).filter(target => !/^[a-z]+:/.test(target))

/** Anchors of the headings, as code hosts make them. */
export function anchors(text: string): string[] {
  const seen = new Map<string, number>()
  return [...prose(text).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading]) => {
    const slug = heading!
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
      .replaceAll(' ', '-')
    const count = seen.get(slug) ?? 0
    seen.set(slug, count + 1)
    return count === 0 ? slug : `${slug}-${count}`
  })
}

/** Paths of the checkout named in code spans: `src/main.ts`, `docs/`. */
export const namedPaths = (text: string): string[] =>
  codeSpans(text).filter(span => /^(?:src|test|docs|config|postfix|bench|examples)\/[\w./-]*$/.test(span))

/** "`name` (`src/file.ts`)": what is said to stand in which file. */
export const namedCode = (text: string): (readonly [name: string, file: string])[] =>
  [...prose(text).matchAll(/`(\w+)` \(`(src\/[^`]+\.ts)`\)/g)].map(match => [match[1]!, match[2]!] as const)

const CALL = 'npm run -s postern -- '

/** Calls of our command in shell blocks and code spans, without the words that npm takes. */
export function calls(text: string): string[] {
  const lines = [...blocks(text, 'sh').flatMap(block => block.split('\n')), ...codeSpans(text)]
  return lines.flatMap(line => (line.includes(CALL) && !line.includes('…') ? [line.slice(line.indexOf(CALL) + CALL.length)] : []))
}

/** What is wrong with one call: a subcommand or an option that isn't there, or a needed one that is missing. */
export function callProblems(root: Command, call: string): string[] {
  const words = call
    .replace(/\s#.*$/, '')
    .split(/\s*[|>)&;]/, 1)[0]!
    .trim()
    .split(/\s+/)
  const options = words.filter(word => word.startsWith('-')).map(word => word.split('=', 1)[0]!)
  const help = options.includes('--help') || options.includes('-h')
  let command = root
  for (const word of words) {
    if (command.commands.length === 0 || word.startsWith('-')) break
    const next = command.commands.find(one => one.name() === word)
    if (next === undefined) return [`${call}: no command ${word}`]
    command = next
  }
  if (command.commands.length > 0 && !help) return [`${call}: a command is missing`]
  const known = [...command.options, ...root.options]
  const problems = options
    .filter(option => !['--help', '-h'].includes(option) && !known.some(one => one.long === option || one.short === option))
    .map(option => `${call}: no option ${option}`)
  const missing = command.options.filter(one => one.mandatory && !help && !options.includes(one.long ?? ''))
  return [...problems, ...missing.map(one => `${call}: ${one.long} is missing`)]
}
