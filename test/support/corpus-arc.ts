/**
 * Recipes of the corpus: ARC chains (RFC 8617), good and broken, and the shapes in which two large providers sign and forward:
 * freemail.example signs each field twice but never Content-Type, office.example signs Content-Type but not To.
 */
import { before, mail, received, withFooter, withTag } from './corpus-mail.ts'
import { arc, dkim, type Sealing } from './corpus-sign.ts'

const passing =
  'mx.sealer.example; dkim=pass header.i=@author.example header.s=rsa2048; spf=pass smtp.mailfrom=author@author.example; dmarc=pass (p=REJECT) header.from=author.example'
const failing = passing.replace('dmarc=pass', 'dmarc=fail').replace('dkim=pass', 'dkim=fail')
const first: Sealing = { n: 1, d: 'sealer.example', results: passing }
const second: Sealing = { n: 2, d: 'second.example', results: passing.replace('mx.sealer', 'mx.second') }

const signed = () => dkim(mail(), { d: 'author.example' })
/** As the last forwarder sent it: the author's signature doesn't fit any more. */
const changed = () => withFooter(withTag(signed()))
const sealedBy = (sealing: Partial<Sealing>) => arc(changed(), { ...first, ...sealing })

/** Every field of set 2 renamed as set 3. */
const skipped = (message: string): string => message.replace(/^(ARC-[A-Za-z-]+: )i=2;/gm, '$1i=3;')

const freemailFields = 'to:subject:message-id:date:from:mime-version:from:to:cc:subject:date:message-id:reply-to'
const freemail = () =>
  dkim(
    before(
      mail({ from: 'Author <author@freemail.example>' }),
      'Received: by 2002:a05:6402:1a2b:b0:5f0:aaaa:bbbb with SMTP id 4fb4d7f45d1cf; Sun, 01 Mar 2026 04:00:03 -0800 (PST)',
      'X-Received: by 2002:a05:6402:1a2b:b0:5f0:aaaa:bbbb with SMTP id 4fb4d7f45d1cf; Sun, 01 Mar 2026 04:00:02 -0800 (PST)',
    ),
    { d: 'freemail.example', s: '20230601', key: 'rsa2048', h: freemailFields },
  )
const freemailForward = (message: string): string =>
  before(
    arc(message, {
      n: 1,
      d: 'freemail-seal.example',
      s: 'arc-20240605',
      key: 'other2048',
      h: 'to:subject:message-id:date:from:mime-version:dkim-signature',
      results:
        'mx.freemail-seal.example;\r\n       dkim=pass header.i=@author.example header.s=rsa2048 header.b="AAAAAAAA";\r\n       spf=pass (freemail-seal.example: domain of author@author.example designates 192.0.2.10 as permitted sender) smtp.mailfrom=author@author.example;\r\n       dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=author.example;\r\n       dara=pass header.i=@freemail-seal.example',
    }),
    'Return-Path: <author+caf_=incoming@freemail.example>',
    'X-Forwarded-To: incoming+key@incoming.example.com',
    'X-Forwarded-For: me@freemail.example incoming+key@incoming.example.com',
  )

const officeFields = 'From:Date:Subject:Message-ID:Content-Type:MIME-Version:X-MS-Exchange-SenderADCheck'
const officeMail = () =>
  mail({
    from: 'Author <author@office.example>',
    more: ['X-MS-Exchange-SenderADCheck: 1', 'X-MS-Exchange-AntiSpam-MessageData-ChunkCount: 1'],
  })
const office = () =>
  dkim(
    arc(officeMail(), {
      n: 1,
      d: 'office-seal.example',
      s: 'arcselector10001',
      key: 'other2048',
      h: 'From:Date:Subject:Message-ID:Content-Type:MIME-Version:X-MS-Exchange-AntiSpam-MessageData-ChunkCount',
      results:
        'mx.office-seal.example 1; spf=pass\r\n smtp.mailfrom=office.example; dmarc=pass action=none header.from=office.example; dkim=pass\r\n header.d=office.example; arc=none',
    }),
    { d: 'office.example', s: 'selector1', key: 'rsa2048', h: officeFields },
  )
const officeForward = () =>
  before(
    arc(changed(), {
      n: 1,
      d: 'office-seal.example',
      s: 'arcselector10001',
      key: 'other2048',
      h: 'From:Date:Subject:Message-ID:Content-Type:MIME-Version',
      results:
        'mx.office-seal.example 1; spf=pass (sender\r\n ip is 192.0.2.10) smtp.rcpttodomain=office.example smtp.mailfrom=author.example;\r\n dmarc=pass (p=reject sp=reject pct=100) action=none\r\n header.from=author.example; dkim=pass (signature was verified)\r\n header.d=author.example; arc=none (0)',
    }),
    received('relay.office-seal.example', 'mail.office.example'),
  )

export const arcRecipes: Readonly<Record<string, () => string>> = {
  'arc-trusted': () => sealedBy({}),
  'arc-untrusted': () => sealedBy({}),
  'arc-trusted-below': () => sealedBy({ d: 'mail.sealer.example' }),
  'arc-not-needed': () => arc(signed(), first),
  'arc-two-hops': () => arc(sealedBy({}), second),
  'arc-only-older-trusted': () => arc(sealedBy({}), { ...second, d: 'attacker.example' }),
  'arc-three-hops': () => arc(arc(sealedBy({}), second), { ...first, n: 3 }),
  'arc-results-fail': () => sealedBy({ results: failing }),
  'arc-results-without-dmarc': () => sealedBy({ results: 'mx.sealer.example; dkim=pass header.i=@author.example' }),
  'arc-results-of-another': () => sealedBy({ results: passing.replace('header.from=author.example', 'header.from=attacker.example') }),
  'arc-results-of-subdomain': () => sealedBy({ results: passing.replace('header.from=author.example', 'header.from=news.author.example') }),
  'arc-results-in-comment': () =>
    sealedBy({ results: 'mx.sealer.example; dmarc=fail (dmarc=pass header.from=author.example) header.from=author.example' }),
  'arc-results-twice': () =>
    sealedBy({ results: 'mx.sealer.example; dmarc=fail header.from=author.example; dmarc=pass header.from=author.example' }),
  'arc-highest-says-fail': () => arc(sealedBy({}), { ...first, n: 2, results: failing }),
  'arc-cv-fail': () => arc(sealedBy({}), { ...first, n: 2, cv: 'fail' }),
  'arc-first-cv-pass': () => sealedBy({ cv: 'pass' }),
  'arc-gap': () => skipped(arc(sealedBy({}), second)),
  'arc-seal-broken': () => sealedBy({}).replace(/(ARC-Seal: [\s\S]*?b=)[A-Za-z0-9+/]{20}/, '$1AAAAAAAAAAAAAAAAAAAA'),
  'arc-seal-by-another-key': () => sealedBy({ key: 'other2048' }),
  'arc-seal-without-key': () => sealedBy({ d: 'nokey.example' }),
  'arc-changed-after-seal': () => withFooter(sealedBy({}), 'Pay here: http://attacker.example/\r\n'),
  // What was sealed is all there, and signed as it was: readers who stop at the line that is no field see another From.
  'arc-hidden-from': () => before(sealedBy({}), 'From: Boss <boss@author.example>', 'no field'),
  'arc-two-subjects': () => before(sealedBy({}), 'Subject: Pay the invoice'),
  'arc-length-appended': () => withFooter(sealedBy({ l: 10 }), 'Pay here: http://attacker.example/\r\n'),
  'arc-results-changed': () => sealedBy({ results: failing }).replace('dmarc=fail', 'dmarc=pass'),
  'arc-results-alone': () => before(changed(), `ARC-Authentication-Results: i=1; ${passing}`),
  'arc-set-twice': () => `${/^ARC-[\s\S]*?(?=DKIM-Signature)/.exec(sealedBy({}))![0]}${sealedBy({})}`,
  'arc-key-unavailable': () => sealedBy({ d: 'unavailable.example' }),
  'arc-forged-without-signature': () => arc(mail(), { ...first, d: 'attacker.example' }),
  'arc-hundred-sets': () =>
    Array.from({ length: 60 }, (_, i) => i + 1).reduce<string>(
      (message, n) =>
        before(
          message,
          `ARC-Seal: i=${n}; a=rsa-sha256; cv=pass; d=attacker.example; s=rsa2048; b=AAAA`,
          `ARC-Message-Signature: i=${n}; a=rsa-sha256; d=attacker.example; s=rsa2048; h=from; bh=AAAA; b=AAAA`,
          `ARC-Authentication-Results: i=${n}; ${passing}`,
        ),
      mail(),
    ),
  'freemail-direct': freemail,
  'freemail-forwards': () => freemailForward(signed()),
  'freemail-forwards-changed': () => freemailForward(changed()),
  'office-direct': office,
  'office-forwards-changed': officeForward,
}
