/**
 * What strangers wrote, for a terminal: on one line, without anything that moves the cursor or turns the writing round, and cut to
 * a width. Tables are of such texts.
 */
import { cut, visible } from '../../listeners/http/visible.ts'

export const plain = (text: string, width: number): string => cut(visible(text.replace(/\s+/g, ' ')), width)

/** Columns by their widest cell; the last one is not filled up. */
export function table(lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map(line => line[column]!.length)))
  return lines.map(line => line.map((cell, at) => (at === line.length - 1 ? cell : cell.padEnd(widths[at]!))).join('  ')).join('\n')
}

export const time = (at: number): string => new Date(at).toISOString().slice(0, 19).replace('T', ' ')
export const count = (number: number, one: string, many = `${one}s`): string =>
  `${number.toLocaleString('en')} ${number === 1 ? one : many}`

/** JSON leaves C1 controls and marks that turn the writing round as they are; here they stand as their escapes, which read the same. */
export const json = (value: unknown, indent?: number): string =>
  JSON.stringify(value, null, indent).replace(
    /[\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
