/**
 * The text of a message that has only HTML. Quoted mail keeps its mark, links their addresses, pictures are left out. html-to-text
 * is given as much as the budget lets through, and doesn't follow tags into depths where it would run out of stack.
 */
import { compile, type HtmlToTextOptions } from 'html-to-text'
import { shallow } from './shallow.ts'

/** Of tags in each other that a parser gets to see; of those the text is made from 200. */
const deepest = 2000

/** Cut to the budget before; this is only never reached. */
const largest = 2 ** 30

const options: HtmlToTextOptions = {
  wordwrap: false,
  limits: { maxInputLength: largest, maxDepth: 200, maxChildNodes: 50_000, ellipsis: '…' },
  selectors: [
    { selector: 'a', options: { hideLinkHrefIfSameAsText: true, noAnchorUrl: true, linkBrackets: ['<', '>'] } },
    { selector: 'img', format: 'skip' },
    { selector: 'title', format: 'skip' },
    // Most tables in mail are there for the layout: a line for each row, and a space between its cells.
    { selector: 'tr', format: 'block', options: { leadingLineBreaks: 1, trailingLineBreaks: 1 } },
    ...['td', 'th'].map(selector => ({ selector, format: 'inlineSurround', options: { suffix: ' ' } })),
    ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map(selector => ({ selector, options: { uppercase: false } })),
  ],
}

const convert = compile(options)
/** Throws nothing: what throws in html-to-text are Roman numbers over 9,999 (`<ol type=I start=10000>`). */
const withoutNumbers = compile({ ...options, selectors: [...(options.selectors ?? []), { selector: 'ol', format: 'unorderedList' }] })

export function htmlToText(html: string): string {
  const seen = shallow(html, deepest)
  let text: string
  try {
    text = convert(seen)
  } catch {
    text = withoutNumbers(seen)
  }
  return text.replaceAll('\u00a0', ' ')
}
