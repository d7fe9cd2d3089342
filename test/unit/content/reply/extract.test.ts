/** How a text is divided, where the corpus shows only the result: what stays, what goes where, and what the HTML adds. */
import { describe, expect, test } from 'vitest'
import { extractReply } from '../../../../src/content/reply/extract.ts'

const reply = (...lines: string[]) => extractReply(lines.join('\n'))
const attribution = 'On Fri, Nov 20, 2026 at 9:14 AM Erin <erin@example.org> wrote:'

describe('a text', () => {
  test('is divided in the order of its lines', () => {
    expect(reply('a', '', 'Sent from my iPhone', '', attribution, '', '> b', '', '-- ', 'Erin')).toEqual({
      text: 'a',
      quoted: `${attribution}\n\n> b`,
      signature: 'Sent from my iPhone\n-- \nErin',
    })
  })

  test('keeps quotes between answers, and drops those around a single one', () => {
    expect(reply('> a', 'b', '> c', 'd', '> e')).toEqual({ text: '> a\nb\n> c\nd', quoted: '> e', signature: '' })
    expect(reply('> a', 'b', '> c')).toEqual({ text: 'b', quoted: '> a\n> c', signature: '' })
  })

  test('of a single long line is the reply', () => {
    const text = 'x'.repeat(100_000)
    expect(extractReply(text)).toEqual({ text, quoted: '', signature: '' })
  })

  test('keeps its own white space', () => expect(reply('', '  a\t', '', ' b ', '').text).toBe('  a\t\n\n b '))
})

describe('a line of dashes', () => {
  const below = (count: number) => Array.from({ length: count }, (_, at) => `line ${at}`)
  test('makes a signature of seven short lines, and not of eight', () => {
    expect(reply('a', '---', ...below(7)).text).toBe('a')
    expect(reply('a', '---', ...below(8)).signature).toBe('')
  })
  test('makes a signature of lines of 80 characters, and not of 81', () => {
    expect(reply('a', '---', 'x'.repeat(80)).text).toBe('a')
    expect(reply('a', '---', 'x'.repeat(81)).signature).toBe('')
  })
  test('makes none of sentences, items and code', () => {
    for (const line of ['It is so.', '- a', '1. a', '# a', '| a |', '`a`', 'この通り。']) expect(reply('a', '---', line).signature).toBe('')
  })
})

describe('code', () => {
  test('is protected between fences', () => expect(reply('```', '-- ', '> a', '```', 'b').text).toBe('```\n-- \n> a\n```\nb'))
  test('is not, where the fence is never closed', () =>
    expect(reply('```', 'a', '-- ', 'b')).toEqual({ text: '```\na', quoted: '', signature: '-- \nb' }))
})

describe('OpenPGP', () => {
  const begin = ['-----BEGIN PGP SIGNED MESSAGE-----', 'Hash: SHA512', '']
  const sign = ['-----BEGIN PGP SIGNATURE-----', '', 'iQEz', '-----END PGP SIGNATURE-----']
  test('loses its armour and its escapes', () => expect(reply(...begin, 'a', '- - b', '- From c', ...sign).text).toBe('a\n- b\nFrom c'))
  test('keeps what is not whole, and what is encrypted', () => {
    expect(reply(...begin, 'a').text).toBe([...begin, 'a'].join('\n'))
    expect(reply('a', ...sign.slice(0, 3)).text).toBe(['a', ...sign.slice(0, 3)].join('\n'))
    const encrypted = '-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----'
    expect(reply(encrypted).text).toBe(encrypted)
  })
})

describe('a forwarded message', () => {
  const heading = ['From: a', 'Sent: b', 'To: c', 'Subject: d', '', 'e', '-- ', 'f']
  test('is the text where nothing else was written', () => {
    for (const subject of ['Fwd: d', 'FW: d', 'WG: d', 'TR : d', 'RV: d', 'I: d', 'PD: d', '转发：d'])
      expect(extractReply({ text: heading.join('\n'), subject }).text).toBe(heading.join('\n'))
  })
  test('is quoted below a word, and in a reply', () => {
    expect(extractReply({ text: ['x', '', ...heading].join('\n'), subject: 'Fwd: d' }).text).toBe('x')
    for (const subject of ['Re: d', 'Fwd', 'forward: d', '']) expect(extractReply({ text: heading.join('\n'), subject }).text).toBe('')
  })
})

describe('the HTML', () => {
  const text = 'Kiitos.\n\nunknown words here 4711\n\nold text\n\nErin of Example\n'
  const html = (open: string) => `<p>Kiitos.</p>${open}unknown <b>words</b>&nbsp;here 4711<br>old text</div>`
  test.each([
    '<div class="x gmail_quote y">', '<div dir="ltr" class="gmail_attr">', '<div class="m_-123gmail_quote">', "<div id='divRplyFwdMsg' dir=ltr>", '<div id=appendonsend>', '<div class="moz-cite-prefix">', '<div class="protonmail_quote">',
    '<div class="ydp1abyahoo_quoted">', '<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm">', '<DIV STYLE=\'border:none;border-top:solid #B5C4DF 1.0pt\'>',
  ])('tells the quote: %s', open => expect(extractReply({ text, html: html(open) })).toMatchObject({ text: 'Kiitos.' })) // biome-ignore format: one case each
  test.each([
    '<div>',
    '<div class="my_gmail_quotes">',
    '<div title="gmail_quote">',
    '<a class="gmail_quote">',
    `<div class="gmail_quote" title="${'x'.repeat(2100)}">`,
  ])('tells nothing: %.30s', open => expect(extractReply({ text, html: html(open) }).text).toContain('old text'))

  test('tells a signature above the quote, and not within it', () => {
    const signed = 'Kiitos.\n\nErin of Example\n\nunknown words\n\nold text\nErin of Example'
    const own =
      '<p>Kiitos.</p><div id="Signature"><p>Erin of Example</p></div><div id="divRplyFwdMsg">unknown words</div>old text<div id="Signature">Erin of Example</div>'
    expect(extractReply({ text: signed, html: own })).toMatchObject({ text: 'Kiitos.', signature: 'Erin of Example' })
    const theirs =
      '<p>Kiitos.</p><p>Erin of Example</p><div id="divRplyFwdMsg">unknown words</div>old text<div id="Signature">Erin of Example</div>unknown words, old text'
    expect(extractReply({ text: signed, html: theirs })).toMatchObject({ text: 'Kiitos.\n\nErin of Example', signature: '' })
  })

  test('finds words with letters written as entities', () => {
    const found = extractReply({
      text: 'a\n\nDérangé été\n\nb',
      html: '<div class=gmail_quote><!-- x --><style>y</style>D&eacute;rang&#233; &#xe9;t&eacute;<br>b',
    })
    expect(found.text).toBe('a')
  })

  test('says nothing that is not in the text', () =>
    expect(extractReply({ text: 'a\nb', html: '<div class="gmail_quote">other words' }).text).toBe('a\nb'))
})
