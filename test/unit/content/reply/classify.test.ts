/** What each line of a text is taken for. Every language has its lines in the corpus; here stand those that are hard to tell apart. */
import { describe, expect, test } from 'vitest'
import { classify, type Kind } from '../../../../src/content/reply/classify.ts'
import { lineOf } from '../../../../src/content/reply/line.ts'

const kinds = (...lines: string[]): Kind[] => classify(lines.map(lineOf), new Map()).map(({ kind }) => kind)

const attributions = [
  'On Nov 20, 2026, at 9:14\u202fAM, Erin Example <erin@example.org> wrote:',
  'On Wed, 2026-11-20 at 13:58 +0000, Erin Example wrote:',
  'At 11/20/2026 08:32 PM, you wrote:',
  'In message <1@example.org> of 20.11.2026 Erin <erin@example.org> writes:',
  '"Erin" <erin@example.org> wrote:',
  'Am 20.11.26 um 09:14 schrieb Erin Example:',
  'Erin Example <erin@example.org> schrieb am Fr., 20. Nov. 2026, 09:14:',
  'Le 20 nov. 2026 à 09:14, Erin <erin@example.org> a écrit\u00a0:',
  'El 20/11/2026 a las 9:14, Erin escribió:',
  'Em 20 de nov. de 2026, 09:14, Erin <erin@example.org> escreveu:',
  'In data 20 novembre 2026 09:14:22 CET, Erin <erin@example.org> ha scritto:',
  'Op 20 nov. 2026 om 16:48 heeft Erin <erin@example.org> het volgende geschreven:',
  'Dnia 20 lis 2026 o godz. 00:25 Erin <erin@example.org> napisał(a):',
  'Dňa 20. 11. 2026 o 9:14 Erin napísal(a):',
  'søn. 20. nov. 2026 kl. 00.26 skrev Erin <erin@example.org>:',
  'пятница, 20 ноября 2026 г. в 9:14 пользователь Erin <erin@example.org> написал:',
  '20 серп. 2026 р. 20:45 Erin <erin@example.org> пише:',
  '2026年11月20日(金) 9:14 Erin <erin@example.org>:',
  '2026. 11. 20. 오전 9:14, Erin <erin@example.org> 작성:',
  'Erin <erin@example.org>于2026年11月20日周五 09:14写道：',
  '2026-11-20 9:14 GMT+01:00 Erin <erin@example.org>:',
  '---- On Fri, 20 Nov 2026 09:14:22 +0530 Erin<erin@example.org> wrote ----',
  '-----Erin Example/Example wrote: -----',
]
const sentences = [
  'On Monday I wrote:',
  'On 20.11.2026 I wrote:',
  'Here is what she wrote:',
  'I called on 20.11.2026 at 09:14 and they said:',
  'Am Freitag schrieb mir jemand:',
  'The address is erin@example.org:',
  'The server (ops@example.org) was restarted at 09:14 with this message:',
  'Le problème est le suivant :',
  'In 2026 three things changed:',
]

describe('an attribution', () => {
  test.each(attributions)('is %s', line => expect(kinds('a', '', line, '', 'b')).toEqual(['text', 'empty', 'attribution', 'empty', 'text']))
  test.each(sentences)('is not %s', line => expect(kinds('a', '', line, '', 'b')[2]).toBe('text'))

  test('may lack its time where a quote follows', () => {
    expect(kinds('On Thursday, June 27, 2013, Erin wrote:', '', '> a')[0]).toBe('attribution')
    expect(kinds('Erin via Example wrote:', '> a')[0]).toBe('attribution')
    expect(kinds('Erin via Example wrote:', 'a')[0]).toBe('text')
  })

  test('may be wrapped over five lines, and not over six', () => {
    const wrapped = ['On Fri, Nov 20, 2026', 'at 9:14 AM', 'Erin Example', '<erin@example.org>', 'wrote:']
    expect(kinds('a', ...wrapped, '> b')).toEqual(['text', ...wrapped.map(() => 'attribution'), 'quote'])
    expect(kinds('a', 'On Fri, Nov 20,', '2026 at 9:14 AM Erin', 'wrote:', '> b')[1]).toBe('attribution')
    expect(kinds('a', 'On Fri,', 'Nov 20, 2026', 'at 9:14 AM', 'Erin', 'Example', 'wrote:', '> b')[1]).toBe('text')
  })

  test('doesn’t take the text above it along', () => {
    expect(kinds('Thank you, that is all', 'On Fri, Nov 20, 2026 at 9:14 AM Erin wrote:', '> b')[0]).toBe('text')
    expect(kinds('On we go with it.', '20.11.2026 09:14, Erin <erin@example.org>:', '> b')[0]).toBe('text')
  })

  test('is as long as a line may be, and no longer', () => {
    const long = (length: number) => `On 20.11.2026 09:14 ${'x'.repeat(length - 27)} wrote:`
    expect(kinds(long(400))).toEqual(['attribution'])
    expect(kinds(long(401))).toEqual(['text'])
  })
})

describe('a heading', () => {
  test('has three meanings, the writer among them', () => {
    expect(kinds('From: a', 'To: b', 'Subject: c')[0]).toBe('cut')
    expect(kinds('Subject: c', 'Date: d', 'From: a')[0]).toBe('cut')
    expect(kinds('From: a', 'To: b')[0]).toBe('text')
    expect(kinds('To: a', 'Date: b', 'Subject: c')[0]).toBe('text')
    expect(kinds('From: a', 'From: b', 'From: c')[0]).toBe('text')
    expect(kinds('From: a', 'To: b', 'Cc: c')[0]).toBe('text')
  })

  test('may be decorated, wrapped and spaced', () => {
    expect(kinds('*Von:* a', '*Gesendet:* b', '*An:* c')[0]).toBe('cut')
    expect(kinds('From: a', '', 'To: b;', '  c;', '  d', 'Subject: e')[0]).toBe('cut')
    expect(kinds('De\u00a0: a', 'Envoyé\u00a0: b', 'À\u00a0: c')[0]).toBe('cut')
    expect(kinds('发件人：a', '发送时间：b', '收件人：c')[0]).toBe('cut')
    expect(kinds('From: a', 'x', 'x', 'x', 'x', 'To: b', 'Subject: c')[0]).toBe('text')
  })
})

describe('a signature', () => {
  test.each([
    'Sent from my iPhone', '<<sent by galaxy>>', '(Sent from mobile device)', 'Sent via mobile', 'Nik from mobile', 'From my iPhone 16', 'Get Outlook for Android<https://aka.ms/AAb9ysg>',
    'Von meinem Mobilgerät gesendet', 'Envoyé depuis mon iPhone', 'Enviado desde mi iPad', 'Enviado do meu Galaxy', 'Inviato da Outlook per iOS', 'Verstuurd vanaf mijn iPad', 'Wysłane z iPhone’a',
    'Odesláno z iPhonu', 'Sendt fra min telefon', 'Skickat från min iPad', 'Lähetetty iPadista', 'Отправлено из мобильной Почты', 'iPhone’umdan gönderildi', 'iPadから送信', '发自我的iPhone', '從我的 iPhone 傳送', '나의 iPad에서 보냄',
  ])('is the line %s', line => expect(kinds('a', '', line)).toEqual(['text', 'empty', 'signature'])) // biome-ignore format: one case each

  test('is no line that goes on or asks', () => {
    expect(kinds('Sent from my iPhone', 'and it worked')[0]).toBe('text')
    expect(kinds('Sent from my iPhone?')[0]).toBe('text')
    expect(kinds(`Sent from my ${'x'.repeat(127)}`)[0]).toBe('signature')
    expect(kinds(`Sent from my ${'x'.repeat(128)}`)[0]).toBe('text')
  })

  test('stands below a separator', () => {
    expect(kinds('-- ', '--', '—', '_'.repeat(20))).toEqual(['separator', 'separator', 'separator', 'separator'])
    expect(kinds('---', '***', '=====', '_'.repeat(19))).toEqual(['rule', 'rule', 'rule', 'rule'])
    expect(kinds('-', '*', '- a', '-- a')).toEqual(['text', 'text', 'text', 'text'])
  })
})

describe('a divider', () => {
  test.each([
    '-----Original Message-----',
    '----- Ursprüngliche Nachricht -----',
    '-------- Message d’origine --------',
    '----- 元のメッセージ -----',
    '*----- Original Message -----*',
  ])('cuts: %s', line => expect(kinds('a', line)[1]).toBe('cut'))
  test.each([
    'Begin forwarded message:',
    'Début du message transféré\u00a0:',
    '---------- Forwarded message ---------',
    '-------- Weitergeleitete Nachricht --------',
    '---------- 転送メッセージ ---------',
  ])('forwards: %s', line => expect(kinds('a', line)[1]).toBe('forward'))
  test.each(['Original message', 'Forwarded message', 'Please reply above this line', 'the original message:-)'])('is not %s', line =>
    expect(kinds('a', line)[1]).toBe('text'),
  )
})
