/**
 * Recipes of the corpus: From fields that two readers take for two different authors (RFC 5322 3.4, RFC 6532, RFC 2047). All are
 * signed by the attacker's domain, with everything right: only who is named differs.
 */
import { before, mail } from './corpus-mail.ts'
import { dkim } from './corpus-sign.ts'

const d = 'attacker.example'
const byAttacker = (from: string | null) => () => dkim(mail({ from }), { d })

export const fromRecipes: Readonly<Record<string, () => string>> = {
  'from-missing': byAttacker(null),
  'from-empty': byAttacker(''),
  'from-two-addresses': byAttacker('author@author.example, attacker@attacker.example'),
  'from-two-fields-both-signed': () =>
    dkim(before(mail({ from: 'attacker@attacker.example' }), 'From: author@author.example'), { d, h: 'from:from:to:subject' }),
  'from-group': byAttacker('Support: author@author.example, attacker@attacker.example;'),
  'from-group-of-one': byAttacker('Support: attacker@attacker.example;'),
  'from-group-empty': byAttacker('Undisclosed senders:;'),
  'from-display-address': byAttacker('"author@author.example" <attacker@attacker.example>'),
  'from-display-encoded': byAttacker('=?utf-8?q?author=40author.example?= <attacker@attacker.example>'),
  'from-encoded-word-in-address': byAttacker('<=?utf-8?q?author=40author.example=3E?=@attacker.example>'),
  'from-encoded-word-alone': byAttacker('=?utf-8?q?author=40author.example?='),
  'from-comment-address': byAttacker('author@author.example (<attacker@attacker.example>)'),
  'from-comment-nested': byAttacker('attacker@attacker.example (a (b) c)'),
  'from-quoted-at': byAttacker('"author@author.example"@attacker.example'),
  'from-quoted-bracket': byAttacker('"author@author.example> "@attacker.example'),
  'from-two-brackets': byAttacker('<author@author.example> <attacker@attacker.example>'),
  'from-source-route': byAttacker('<@attacker.example:author@author.example>'),
  'from-two-at': byAttacker('author@author.example@attacker.example'),
  'from-address-literal': byAttacker('author@[192.0.2.10]'),
  'from-unclosed-quote': byAttacker('"author@author.example <attacker@attacker.example>'),
  'from-folded': () => dkim(mail({ from: 'The Author\r\n <author@author.example>' }), { d: 'author.example' }),
  'from-semicolon': byAttacker('author@author.example; attacker@attacker.example'),
  'from-homoglyph': byAttacker('author@\u0430uthor.example'),
  'from-utf8-local-part': () => dkim(mail({ from: 'bl\u00e5b\u00e6r@author.example' }), { d: 'author.example' }),
  'from-utf8-domain': () => dkim(mail({ from: 'author@b\u00fccher.example' }), { d: 'xn--bcher-kva.example' }),
  'from-utf8-everything': () =>
    dkim(mail({ from: '\u4f5c\u8005 <\u4f5c\u8005@b\u00fccher.example>', subject: 'Gr\u00fc\u00dfe' }), { d: 'xn--bcher-kva.example' }),
  'from-punycode': () => dkim(mail({ from: 'author@xn--bcher-kva.example' }), { d: 'xn--bcher-kva.example' }),
  'from-sender-field': () => before(dkim(mail(), { d: 'author.example' }), 'Sender: attacker@attacker.example'),
}
