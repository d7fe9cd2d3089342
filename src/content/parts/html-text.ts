/**
 * The text of a message that has only HTML. Quoted mail keeps its mark, links their addresses, pictures are left out. html-to-text
 * is given no more than the budget, and doesn't follow tags into depths where it would run out of stack.
 */
import { compile } from 'html-to-text'
import { shallow } from './shallow.ts'

/** Of tags in each other that a parser gets to see; of those the text is made from 200. */
const deepest = 2000

export type HtmlToText = (html: string) => string

/** To be made once: it compiles its selectors. `html`: octets that a message may have. */
export function createHtmlToText(html: number): HtmlToText {
  const convert = compile({
    wordwrap: false,
    limits: { maxInputLength: html, maxDepth: 200, maxChildNodes: 50_000, ellipsis: '…' },
    selectors: [
      { selector: 'a', options: { hideLinkHrefIfSameAsText: true, noAnchorUrl: true, linkBrackets: ['<', '>'] } },
      { selector: 'img', format: 'skip' },
      { selector: 'title', format: 'skip' },
      // Most tables in mail are there for the layout: a line for each row, and a space between its cells.
      { selector: 'tr', format: 'block', options: { leadingLineBreaks: 1, trailingLineBreaks: 1 } },
      ...['td', 'th'].map(selector => ({ selector, format: 'inlineSurround', options: { suffix: ' ' } })),
      ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map(selector => ({ selector, options: { uppercase: false } })),
    ],
  })
  return text => convert(shallow(text, deepest)).replaceAll('\u00a0', ' ')
}
