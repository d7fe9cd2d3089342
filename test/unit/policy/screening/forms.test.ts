/** The tables behind bounces, vacation notices and verification mail, and what they must leave alone. */
import { describe, expect, test } from 'vitest'
import { parseAddress } from '../../../../src/mail/address.ts'
import { parseHeader } from '../../../../src/mail/header-fields.ts'
import { bounceFindings, bounceForms, challengeForms } from '../../../../src/policy/screening/bounces.ts'
import { isVacationSubject, vacationFields, vacationFindings, vacationSubjects } from '../../../../src/policy/screening/vacation.ts'
import { verificationFindings, verificationSubjects } from '../../../../src/policy/screening/verification.ts'

const headerOf = (...fields: readonly string[]) =>
  parseHeader(new TextEncoder().encode(`${fields.map(field => `${field}\r\n`).join('')}\r\n`))
const rulesOf = (found: readonly { readonly rule: string }[]) => found.map(({ rule }) => rule)

describe('bounces', () => {
  const bounce = (fields: readonly string[], { sender = 'ann@example.net', head = '' } = {}) =>
    rulesOf(bounceFindings({ header: headerOf(...fields), sender: parseAddress(sender), head }))

  test('no form rests on a subject or a body alone', () => {
    for (const form of [...bounceForms, ...challengeForms]) expect(form.daemon === true || form.field !== undefined, form.system).toBe(true)
  })

  const subject = 'Subject: Undelivered Mail Returned to Sender'
  test.each([
    ['the null reverse-path', [subject], ''],
    ['mailer-daemon in the envelope', [subject], 'MAILER-DAEMON@mx.example.org'],
    ['postmaster in the envelope', [subject], 'Postmaster@mx.example.org'],
    ['mailer-daemon in From', [subject, 'From: MAILER-DAEMON@mx.example.org (Mail Delivery System)'], 'ann@example.net'],
    ['mailer-daemon in From, without a domain', [subject, 'From: Mail <MAILER-DAEMON>'], 'ann@example.net'],
    ['mailer-daemon in quotes', [subject, 'From: "Mail" <"mailer-daemon"@mx.example.org>'], 'ann@example.net'],
    ['Exchange in From', [subject, 'From: <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@example.org>'], 'ann@example.net'],
  ])('with %s the subject is a second sign', (_, fields, sender) => {
    expect(bounce(fields, { sender })).toEqual(['bounce'])
  })

  test.each([
    [[subject], {}],
    [[subject, 'From: "Postmaster Pat" <ann@example.net>'], {}],
    [[subject, 'From: not-mailer-daemon@example.net'], {}],
    [[subject, 'From: mailer-daemons@example.net'], {}],
    [['From: postmaster@example.net', 'Subject: Re: failure notice'], {}],
    [['From: postmaster@example.net', 'Subject: Delivery times'], {}],
    [['Subject: x', 'X-Failed-Recipients: none'], {}],
    [['Content-Type: multipart/report; report-type="disposition-notification"'], { sender: '' }],
    [['Content-Type: multipart/reporter'], { sender: '' }],
    [[], { sender: '', head: 'They wrote: Hi. This is the qmail-send program at mx.example.org.' }],
    [[], { head: 'Hi. This is the qmail-send program at mx.example.org.' }],
    [['X-Delivery-Agent: TMDA/1.1'], {}],
    [['Subject: Please confirm your message'], {}],
    [['From: a@spamarrest.com.example.net', 'Subject: verification'], {}],
  ])('%j %j: none', (fields, more) => {
    expect(bounce(fields, more)).toEqual([])
  })

  test('of the body 4,096 characters are looked at', () => {
    const said = 'This is the mail system at host mx.example.org.'
    const needed = 'This is the mail system at host '.length
    const at = (start: number) => bounce([], { sender: '', head: ' '.repeat(start) + said })
    expect(at(4096 - needed)).toEqual(['bounce'])
    expect(at(4096 - needed + 1)).toEqual([])
  })
})

describe('vacation notices', () => {
  test.each(Object.entries(vacationSubjects))(
    '%s: every subject is known by itself, with what it answers, and in capitals',
    (_, phrases) => {
      for (const phrase of phrases) {
        const text = phrase.replace('…', ' Monday')
        for (const subject of [text, `${text}: Ticket 1`, text.toUpperCase(), ` ${text.replaceAll(' ', '  ')} `])
          expect(isVacationSubject(subject), subject).toBe(true)
        expect(isVacationSubject(`Re: ${text}`), text).toBe(false)
        expect(isVacationSubject(`Ticket 1: ${text}`), text).toBe(false)
      }
    },
  )

  test.each(Object.entries(vacationSubjects))('%s: phrases are written as they are compared', (_, phrases) => {
    for (const phrase of phrases) expect(phrase).toBe(phrase.normalize('NFC').toLowerCase())
  })

  test.each([
    'Out of Office',
    'OUT OF OFFICE!',
    'Out of office - back on Monday',
    'Out of office: Re: [Ticket 1] printer',
    'I am out of the office until 5 January',
    'Abwesenheitsnotiz: Anfrage',
    'Réponse automatique : Votre demande',
    'Re\u0301ponse automatique: decomposed',
    '自动答复: 你好',
    '自動返信：ご連絡',
    'Автоматический ответ: вопрос',
  ])('%s', subject => {
    expect(isVacationSubject(subject)).toBe(true)
  })

  test.each([
    'Re: out of office policy',
    'Out of office policy',
    'Out of office replies are sent twice',
    'out of offices',
    'Automatic replying',
    'Autoreply-to header is wrong',
    'Vacation request for July',
    'Vacation: photos',
    'AW: Abwesenheitsnotiz: Anfrage',
    'Abwesenheitsnotizen einrichten',
    'Réponse automatiquement envoyée',
    'Respuesta automáticamente',
    'Fwd: Automatic reply: x',
    'Why do I get "Automatic reply: x"?',
    'Autosvaret virker ikke',
    'OOO',
    'ooops',
    '不在',
    '',
  ])('not: %s', subject => {
    expect(isVacationSubject(subject)).toBe(false)
  })

  test('of a subject 1,000 characters are compared', () => {
    const padded = (spaces: number) => `out of office${' '.repeat(spaces)}policy`
    expect(isVacationSubject(padded(986))).toBe(false)
    expect(isVacationSubject(padded(987))).toBe(true)
  })

  const vacation = (...fields: readonly string[]) => rulesOf(vacationFindings(headerOf(...fields)))
  const written: Readonly<Record<string, string>> = {
    'x-vacation': 'yes',
    'x-fc-machinegenerated': 'true',
    'x-post-messageclass': '9; Autoresponder',
    'x-autogenerated': 'Reply',
    'x-precedence': 'auto_reply',
    preference: 'auto_reply',
    'delivered-to': 'Autoresponder',
    'x-mailer': 'vacation 1.2.7',
  }
  test.each(vacationFields)('%s', name => {
    expect(vacation(`${name}: ${written[name] ?? 'any'}`)).toEqual(['vacation-field'])
    expect(vacation(`x-other-${name}: ${written[name] ?? 'any'}`)).toEqual([])
  })

  test.each([
    'X-Auto-Response-Suppress: All',
    'X-Auto-Response-Suppress: DR, OOF, AutoReply',
    'X-MS-Exchange-Inbox-Rules-Loop: ann@example.net',
    'X-Vacation: no',
    'X-FC-MachineGenerated: false',
    'X-POST-MessageClass: 1',
    'X-Autogenerated: Forward',
    'X-Mailer: Vacationer 2',
    'Delivered-To: autoresponder@example.net',
    'Precedence: bulk',
  ])('not: %s', field => {
    expect(vacation(field)).toEqual([])
  })

  test('any of several fields of a name counts', () => {
    expect(vacation('Delivered-To: a@example.net', 'Delivered-To: Autoresponder')).toEqual(['vacation-field'])
  })
})

describe('verification mail', () => {
  const verification = (subject: string, { fields = [], head = '' }: { fields?: readonly string[]; head?: string } = {}) =>
    rulesOf(verificationFindings({ header: headerOf(`Subject: ${subject}`, ...fields), head }))

  test.each([
    'Verify your email address',
    'Please verify your email address.',
    '[Forge] Please verify your email address.',
    '[Forge] Please verify your device',
    'Action required: confirm your account',
    'Confirm your new e-mail address',
    'Activate your account',
    'Your Chat verification code is 123456',
    'Your login code',
    'Your one-time password',
    '123456 is your Search verification code',
    'G-123456 is your verification code',
    '123-456 is your Chat code',
    'Confirmation instructions',
    'Bitte bestätigen Sie Ihre E-Mail-Adresse',
    'Ihr Sicherheitscode',
    'Confirmez votre adresse e-mail',
    'Votre code de vérification',
    'Confirma tu correo electrónico',
    'Tu código de verificación es 123456',
    'Confirme seu e-mail',
    'Conferma il tuo indirizzo e-mail',
    'Bevestig je e-mailadres',
    'Подтвердите ваш адрес',
    '【Shop】認証コード',
    '您的验证码',
  ])('%s', subject => {
    expect(verification(subject)).toEqual(['verification'])
  })

  describe.each([
    'Password reset',
    'Reset your password',
    'Reset your Chat password',
    'Your password reset request',
    'Sign in to Chat',
    'Chat confirmation code: ABC-123',
    'You’ve been invited to join Example',
    'Ann invited you to join Example',
    'Welcome to Chat! Confirm your address',
    'Email verification',
    'Passwort zurücksetzen',
  ])('%s needs a second sign', subject => {
    test.each([
      ['an unread mailbox', { fields: ['From: Chat <no-reply@chat.example>'] }],
      ['an unread mailbox with more behind it', { fields: ['From: noreply+7@chat.example'] }],
      ['a robot’s mailbox', { fields: ['From: <security-noreply@chat.example>'] }],
      ['a field of a sending service', { fields: ['Feedback-ID: 1:2:3'] }],
      ['List-Unsubscribe', { fields: ['List-Unsubscribe: <https://chat.example/u>'] }],
      ['Auto-Submitted', { fields: ['Auto-Submitted: auto-generated'] }],
      ['a link', { head: 'Go to https://chat.example/u?token=1' }],
    ])('%s', (_, more) => {
      expect(verification(subject, more)).toEqual(['verification'])
    })
    test.each([
      ['nothing', {}],
      ['a person', { fields: ['From: Ann Reply <ann.reply@example.net>', 'Auto-Submitted: no'] }],
      ['another link', { head: 'See https://example.net/ and reset the router' }],
    ])('not: %s', (_, more) => {
      expect(verification(subject, more)).toEqual([])
    })
  })

  test.each([
    'Re: Verify your email address',
    'Verify your invoice 12',
    'Confirm the appointment?',
    'Code review',
    'Your code does not compile',
    'Postal code',
    '1234 is your order number?',
    'My verification code never comes',
    'Account closed',
  ])('not: %s', subject => {
    expect(verification(subject)).toEqual([])
  })

  test('an answer in a thread is none', () => {
    expect(verification('Verify your email address', { fields: ['In-Reply-To: <1@example.net>'] })).toEqual([])
  })

  test('a link is looked for in 4,096 characters', () => {
    const link = 'http://c.example/reset'
    const at = (start: number) => verification('Password reset', { head: ' '.repeat(start) + link })
    expect(at(4096 - link.length)).toEqual(['verification'])
    expect(at(4096 - link.length + 1)).toEqual([])
  })

  test('no pattern takes any text', () => {
    for (const { pattern } of verificationSubjects) expect(pattern.test('Ticket 1: the printer is on fire'), String(pattern)).toBe(false)
  })
})
