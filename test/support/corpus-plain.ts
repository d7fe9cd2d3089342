/** Recipes of the corpus: messages without a signature (SPF and DMARC policies alone), and lists and forwarders (RFC 7960). */
import { before, mail, received, withFooter, withTag } from './corpus-mail.ts'
import { dkim } from './corpus-sign.ts'

const from = (address: string) => () => mail({ from: address })
const author = from('author@author.example')
const list = ['List-Id: Talk <talk.list.example>', 'List-Unsubscribe: <mailto:talk-leave@list.example>', 'Precedence: list']

const policies: Readonly<Record<string, () => string>> = {
  'dmarc-reject-forged': author,
  'dmarc-reject-forged-reported': author,
  'dmarc-quarantine-forged': from('author@quarantine.example'),
  'dmarc-none-forged': from('author@monitor.example'),
  'spf-helo-with-at': from('author@author.example'),
  'dmarc-no-record-forged': from('author@nodmarc.example'),
  'dmarc-two-records': from('author@two.example'),
  'dmarc-record-of-another-version': from('author@version.example'),
  'dmarc-sub-policy-none': from('author@news.sp.example'),
  'dmarc-sub-policy-of-domain': from('author@sp.example'),
  'dmarc-not-existing': from('author@missing.np.example'),
  'dmarc-existing': from('author@there.np.example'),
  'dmarc-testing-reject': from('author@testing.example'),
  'dmarc-testing-quarantine': from('author@testing-quarantine.example'),
  'dmarc-public-suffix': () => dkim(mail({ from: 'author@one.psd.example' }), { d: 'two.psd.example' }),
  'dmarc-not-public-suffix': () => dkim(mail({ from: 'author@news.dept.uni.example' }), { d: 'uni.example' }),
  'dmarc-spf-aligned': author,
  'dmarc-spf-aligned-below': author,
  'dmarc-spf-strict-below': from('author@strict.example'),
  'dmarc-spf-not-aligned': author,
  'dmarc-unavailable': from('author@dmarc.unavailable.example'),
  'dmarc-null-sender-helo': () =>
    mail({ from: 'Mail Delivery System <mailer-daemon@author.example>', more: ['Auto-Submitted: auto-replied'] }),
}

const spf = Object.fromEntries(
  [
    ...[
      'pass',
      'fail',
      'fail-enforced',
      'softfail',
      'neutral',
      'none',
      'unknown-mechanism',
      'two-records',
      'ten-lookups',
      'eleven-lookups',
    ],
    ...['two-voids', 'three-voids', 'include', 'include-without-record', 'redirect', 'redirect-without-record', 'macro', 'ipv6', 'mx', 'a'],
    ...['unavailable', 'unavailable-enforced', 'no-client', 'helo', 'helo-fail-enforced', 'loop', 'exp'],
  ].map(name => [`spf-${name}`, from('author@nodmarc.example')]),
)

export const plainRecipes: Readonly<Record<string, () => string>> = {
  ...policies,
  ...spf,
  'list-munged': () =>
    dkim(
      withFooter(
        withTag(
          mail({
            from: 'Author via Talk <talk@list.example>',
            more: ['Reply-To: author@author.example', ...list],
          }),
        ),
      ),
      { d: 'list.example' },
    ),
  'list-footer': () => withFooter(withTag(before(dkim(mail(), { d: 'author.example' }), ...list))),
  'list-signature-removed': () => withFooter(before(mail(), ...list)),
  'list-untouched': () => before(dkim(mail(), { d: 'author.example' }), ...list),
  'forwarder-by-network': author,
  'forwarder-by-network-required': author,
  'forwarder-by-network-outside': author,
  'forwarder-by-spf': author,
  'forwarder-by-spf-fail': author,
  'forwarder-by-name': author,
  'forwarder-by-name-not-confirmed': author,
  'forwarder-untouched': () => before(dkim(mail(), { d: 'author.example' }), received('mx.author.example', 'mx.forwarder.example')),
  'forged-results': () =>
    before(
      mail(),
      'Authentication-Results: incoming.example.com; dkim=pass header.d=author.example; dmarc=pass header.from=author.example',
    ),
  'forged-received': () => before(mail(), received('mx.author.example (mx.author.example [192.0.2.10])', 'incoming.example.com')),
  'bound-to-author': () => dkim(mail(), { d: 'author.example' }),
  'bound-to-domain': () => dkim(mail(), { d: 'author.example' }),
  'bound-to-another': () => dkim(mail(), { d: 'author.example' }),
  'bound-not-authenticated': from('author@monitor.example'),
  'bound-unavailable': from('author@unavailable.example'),
  'required-not-authenticated': from('author@nodmarc.example'),
  'required-by-spf': from('author@nodmarc.example'),
}
