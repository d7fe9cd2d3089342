/** Recipes of the corpus: DKIM signatures, good, weak, old, short, and on messages that were changed (RFC 6376, RFC 8463). */
import { before, mail, withFooter, withTag } from './corpus-mail.ts'
import { bodyOf, dkim, signedAt } from './corpus-sign.ts'

const d = 'author.example'
const body = bodyOf(mail())
const hour = 3_600

export const dkimRecipes: Readonly<Record<string, () => string>> = {
  'dkim-rsa-512': () => dkim(mail(), { d, s: 'rsa512' }),
  'dkim-rsa-768': () => dkim(mail(), { d, s: 'rsa768' }),
  'dkim-rsa-1024': () => dkim(mail(), { d, s: 'rsa1024' }),
  'dkim-rsa-2048': () => dkim(mail(), { d }),
  'dkim-rsa-4096': () => dkim(mail(), { d, s: 'rsa4096' }),
  'dkim-rsa-sha1': () => dkim(mail(), { d, a: 'rsa-sha1' }),
  'dkim-ed25519': () => dkim(mail(), { d, s: 'ed25519' }),
  'dkim-ed25519-and-rsa': () => dkim(dkim(mail(), { d, s: 'ed25519' }), { d }),
  'dkim-weak-and-strong': () => dkim(dkim(mail(), { d }), { d, s: 'rsa512' }),
  'dkim-simple': () => dkim(mail({ subject: 'Two  spaces' }), { d, c: 'simple/simple' }),
  'dkim-white-space-changed': () => dkim(mail({ body: 'One two.\r\n' }), { d }).replace('One two.', 'One \t two. '),
  'dkim-simple-white-space-changed': () => dkim(mail({ body: 'One two.\r\n' }), { d, c: 'simple/simple' }).replace('One two.', 'One  two.'),
  'dkim-expired': () => dkim(mail(), { d, x: signedAt + hour }),
  'dkim-not-expired': () => dkim(mail(), { d, x: 4_102_444_800 }),
  'dkim-expires-before-signed': () => dkim(mail(), { d, t: 4_102_444_800, x: 4_102_441_200 }),
  'dkim-signed-in-future': () => dkim(mail(), { d, t: 4_102_444_800 }),
  'dkim-without-time': () => dkim(mail(), { d, t: null }),
  'dkim-length-exact': () => dkim(mail(), { d, l: body.length }),
  'dkim-length-appended': () => withFooter(dkim(mail(), { d, l: body.length }), '<a href="http://attacker.example/">Pay here</a>\r\n'),
  'dkim-length-zero': () => dkim(mail(), { d, l: 0 }).replace(body, 'Pay here: http://attacker.example/\r\n'),
  'dkim-length-beyond': () => dkim(mail(), { d, l: body.length + 500 }),
  'dkim-length-beyond-appended': () => withFooter(dkim(mail(), { d, l: body.length + 500 })),
  'dkim-from-not-signed': () => dkim(mail(), { d, h: 'to:subject:date:message-id' }),
  'dkim-two-from': () => before(dkim(mail(), { d }), 'From: attacker@attacker.example'),
  'dkim-two-subjects': () => before(dkim(mail(), { d }), 'Subject: Your invoice is due'),
  'dkim-two-subjects-oversigned': () => before(dkim(mail(), { d, h: 'from:from:subject:subject:date' }), 'Subject: Your invoice is due'),
  'dkim-oversigned': () => dkim(mail(), { d, h: 'from:from:subject:subject:to:to:date:message-id' }),
  'dkim-body-changed': () => dkim(mail(), { d }).replace('works again', 'fails again'),
  'dkim-subject-changed': () => withTag(dkim(mail(), { d })),
  'dkim-key-revoked': () => dkim(mail(), { d, s: 'revoked', key: 'rsa2048' }),
  'dkim-key-missing': () => dkim(mail(), { d, s: 'missing', key: 'rsa2048' }),
  'dkim-key-twice': () => dkim(mail(), { d, s: 'twice', key: 'rsa2048' }),
  'dkim-key-by-cname': () => dkim(mail(), { d, s: 'esp', key: 'other2048' }),
  'dkim-key-of-another': () => dkim(mail(), { d, key: 'other2048' }),
  'dkim-key-sha1-only': () => dkim(mail(), { d, s: 'sha1only', key: 'rsa2048' }),
  'dkim-key-not-for-mail': () => dkim(mail(), { d, s: 'tlsrpt', key: 'rsa2048' }),
  'dkim-key-for-another-algorithm': () => dkim(mail(), { d, s: 'wrongkind', key: 'rsa2048' }),
  'dkim-key-unavailable': () => dkim(mail({ from: 'author@unavailable.example' }), { d: 'unavailable.example' }),
  'dkim-identity-below': () => dkim(mail(), { d, i: '@news.author.example' }),
  'dkim-identity-below-strict-key': () => dkim(mail(), { d, s: 'strict', key: 'rsa2048', i: '@news.author.example' }),
  'dkim-identity-elsewhere': () => dkim(mail(), { d, i: '@attacker.example' }),
  'dkim-signer-below': () => dkim(mail(), { d: 'mail.author.example' }),
  'dkim-signer-above': () => dkim(mail({ from: 'author@news.author.example' }), { d }),
  'dkim-signer-strict': () => dkim(mail({ from: 'author@strict.example' }), { d: 'mail.strict.example' }),
  'dkim-signer-strict-exact': () => dkim(mail({ from: 'author@strict.example' }), { d: 'strict.example' }),
  'dkim-signer-in-capitals': () => dkim(mail({ from: 'author@Author.Example' }), { d: 'AUTHOR.example' }),
  'dkim-signer-like-author': () => dkim(mail(), { d: 'badauthor.example' }),
  'dkim-esp-alone': () => dkim(mail(), { d: 'esp.example', s: 'esp', key: 'other2048' }),
  'dkim-author-and-esp': () => dkim(dkim(mail(), { d }), { d: 'esp.example', s: 'esp', key: 'other2048' }),
  'dkim-broken-author-good-esp': () => dkim(withTag(dkim(mail(), { d })), { d: 'esp.example', s: 'esp', key: 'other2048' }),
  'dkim-author-below-many': () =>
    Array.from({ length: 12 }).reduce<string>(
      message => dkim(message, { d: 'esp.example', s: 'esp', key: 'other2048', h: 'from:subject' }),
      dkim(mail(), { d }),
    ),
  'dkim-many-forged': () =>
    Array.from({ length: 40 }).reduce<string>((message, _, i) => dkim(message, { d: `s${i}.attacker.example`, h: 'from' }), mail()),
  'dkim-replayed': () => dkim(mail({ to: 'attacker@attacker.example' }), { d }),
  'dkim-replayed-to-unsigned': () => dkim(mail(), { d, h: 'from:subject:date' }),
}
