/** Received fields as the mail servers of the field write them. */
import { describe, expect, test } from 'vitest'
import { parseIpAddress } from '../../../src/mail/ip-address.ts'
import { clientOfReceived } from '../../../src/mail/received-from.ts'

test.each<[string, string | null, string | null, string | null]>([
  // Postfix, OpenSMTPD, Haraka, Stalwart, Postern
  [
    'from helo.b.example (mx.b.example [192.0.2.7]) by in.example.com (Postfix) with ESMTPS id 4F1B; Fri, 20 Nov 2026 11:11:11 +0100 (CET)',
    '192.0.2.7',
    'mx.b.example',
    'helo.b.example',
  ],
  ['from helo.b.example (unknown [192.0.2.7]) by in.example.com', '192.0.2.7', null, 'helo.b.example'],
  ['from \\(192.0.2.99)( (mx.b.example [192.0.2.7]) by in.example.com', null, null, '\\'],
  ['from [192.0.2.9] (mx.b.example [192.0.2.7]) by in.example.com', '192.0.2.7', 'mx.b.example', '[192.0.2.9]'],
  ['from b (mx.b.example [IPv6:2001:DB8:0:0::1]) by in.example.com', '2001:db8::1', 'mx.b.example', 'b'],
  [
    'from b (mx.b.example [192.0.2.7]) (using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)) (No client certificate requested) by in.example.com',
    '192.0.2.7',
    'mx.b.example',
    'b',
  ],
  ['from b (mx.b.example [192.0.2.7]) (Authenticated sender: x@b.example) by in.example.com', '192.0.2.7', 'mx.b.example', 'b'],
  ['from localhost (localhost [127.0.0.1]) by in.example.com (Postfix) with ESMTP', '127.0.0.1', 'localhost', 'localhost'],
  ['FROM b (mx.b.example [192.0.2.7]) BY in.example.com', '192.0.2.7', 'mx.b.example', 'b'],
  ['from b\t(mx.b.example\t[192.0.2.7])\tby in.example.com', '192.0.2.7', 'mx.b.example', 'b'],
  ['from by (mx.b.example [192.0.2.7]) by in.example.com', '192.0.2.7', 'mx.b.example', 'by'],
  ['from b (mx.b.example [192.0.2.7])', '192.0.2.7', 'mx.b.example', 'b'],
  ['from b (mx.b.example [192.0.2.7]); Fri, 20 Nov 2026 11:11:11 +0100', '192.0.2.7', 'mx.b.example', 'b'],
  // Sendmail
  ['from b.example (IDENT:x@mx.b.example [192.0.2.7]) by s.example (8.17.1/8.17.1) with ESMTP', '192.0.2.7', 'mx.b.example', 'b.example'],
  ['from b.example (x@mx.b.example [192.0.2.7] (may be forged)) by s.example', '192.0.2.7', null, 'b.example'],
  ['from b.example (mx.b.example [192.0.2.7] (may be forged)) by s.example', '192.0.2.7', null, 'b.example'],
  ['from b.example ([192.0.2.7]) by s.example', '192.0.2.7', null, 'b.example'],
  ['from b.example (mx.b.example [IPv6:2001:db8::1] (may be forged)) by s.example', '2001:db8::1', null, 'b.example'],
  // Exim
  [
    'from [192.0.2.7] (helo=b.example) by e.example with esmtps (TLS1.3) (Exim 4.96) (envelope-from <a@b.example>) id 1r5',
    '192.0.2.7',
    null,
    'b.example',
  ],
  ['from [192.0.2.7] (port=4321 helo=[192.0.2.9]) by e.example with esmtp (Exim 4.96)', '192.0.2.7', null, '[192.0.2.9]'],
  ['from mx.b.example ([192.0.2.7] helo=b.example) by e.example with esmtp', '192.0.2.7', 'mx.b.example', 'b.example'],
  ['from mx.b.example ([192.0.2.7]:4321 helo=b.example ident=x) by e.example', '192.0.2.7', 'mx.b.example', 'b.example'],
  ['from mx.b.example ([192.0.2.7]) by e.example with esmtp', '192.0.2.7', null, 'mx.b.example'],
  ['from [2001:db8::1] (helo=b.example) by e.example', '2001:db8::1', null, 'b.example'],
  // Nobody can tell who wrote this address.
  ['from [192.0.2.7] by e.example with esmtp (Exim 4.96)', null, null, '[192.0.2.7]'],
  ['from [192.0.2.7] (port=4321) by e.example', null, null, '[192.0.2.7]'],
  // Exchange, Microsoft 365
  [
    'from SRV1.corp.example (10.1.2.3) by SRV2.corp.example (10.1.2.4) with Microsoft SMTP Server (version=TLS1_2) id 15.2',
    '10.1.2.3',
    null,
    'SRV1.corp.example',
  ],
  [
    'from DB5.prod.example (2603:10a6:10:28f::12) by VI1.prod.example (2603:10a6:20b::1) with Microsoft SMTP Server',
    '2603:10a6:10:28f::12',
    null,
    'DB5.prod.example',
  ],
  [
    'from mail.b.example (192.0.2.7) by DB5.mail.protection.outlook.com (10.13.1.1) with Microsoft SMTP Server',
    '192.0.2.7',
    null,
    'mail.b.example',
  ],
  ['from DB5.prod.example ([fe80::1]) by DB5.prod.example ([fe80::1%5]) with mapi id 15.20', 'fe80::1', null, 'DB5.prod.example'],
  ['from DB5.prod.example ([fe80::1%5]) by DB5.prod.example with mapi', null, null, 'DB5.prod.example'],
  // Gmail
  [
    'from mail-x.google.com (mail-x.google.com. [209.85.220.41]) by mx.google.com with SMTPS id x',
    '209.85.220.41',
    'mail-x.google.com',
    'mail-x.google.com',
  ],
  ['from [192.168.1.2] (h.b.example. [192.0.2.7]) by smtp.gmail.com with ESMTPSA id x', '192.0.2.7', 'h.b.example', '[192.168.1.2]'],
  // qmail
  ['from unknown (HELO b.example) (192.0.2.7) by q.example with SMTP', '192.0.2.7', null, 'b.example'],
  ['from mx.b.example (HELO [192.0.2.9]) (x@192.0.2.7) by q.example with SMTP', '192.0.2.7', 'mx.b.example', '[192.0.2.9]'],
  ['from mx.b.example (192.0.2.7) by q.example with SMTP', '192.0.2.7', null, 'mx.b.example'],
  // Courier, CommuniGate, Yahoo, MDaemon
  ['from b.example (mx.b.example [::ffff:192.0.2.7]) (AUTH: LOGIN x, TLS: TLSv1.3) by c.example', '192.0.2.7', 'mx.b.example', 'b.example'],
  ['from [192.0.2.7] (account x@b.example HELO b.example) by g.example (CommuniGate Pro SMTP 6.3)', '192.0.2.7', null, 'b.example'],
  ['from 192.0.2.7 (EHLO b.example) by y.example with SMTPs', '192.0.2.7', null, 'b.example'],
  ['from b.example [192.0.2.7] by d.example with ESMTP', null, null, 'b.example'],
  // Only what the client said.
  ['from b.example by x.example', null, null, 'b.example'],
  ['from 192.0.2.7 by x.example', null, null, '192.0.2.7'],
  ['from b.example (mx.b.example) by x.example', null, null, 'b.example'],
  ['from b.example (x y [192.0.2.7] z) by x.example', null, null, 'b.example'],
  ['from b.example (mx.b.example [192.0.2.256]) by x.example', null, null, 'b.example'],
  ['from b.example by (mx.b.example [192.0.2.7])', null, null, 'b.example'],
  // A client that says a comment of its own.
  ['from x ([192.0.2.9]) (mx.b.example [192.0.2.7]) by x.example', null, null, 'x'],
  ['from x (192.0.2.9) (HELO y) (192.0.2.7) by x.example', null, null, 'x'],
  ['from (mx.b.example [192.0.2.7]) by x.example', null, null, null],
  ['from', null, null, null],
  ['from b.example (mx.b.example [192.0.2.7]', null, null, 'b.example'],
])('%s', (value, address, name, helo) => {
  expect(clientOfReceived(value)).toEqual({ address, name, helo })
})

test.each([
  '',
  'by in.example.com (Postfix, from userid 1000) id 4F1B; Fri, 20 Nov 2026 11:11:11 +0100',
  'by 2002:a05:6512:3d0a:0:0:0:0 with SMTP id x; Fri, 20 Nov 2026 02:11:11 -0800 (PST)',
  '(from x@localhost) by s.example (8.17.1/8.17.1/Submit) id 1',
  '(qmail 1234 invoked by uid 89); 20 Nov 2026 11:11:11 -0000',
  '(nullmailer pid 1 invoked by uid 0)',
  'with ECARTIS (v1.0.0; list x); Fri, 20 Nov 2026',
  'From: x',
  '"from" b.example (mx.b.example [192.0.2.7])',
])('no from clause: %j', value => {
  expect(clientOfReceived(value)).toBeNull()
})

describe('addresses', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['::1', '::1'],
    ['IPv6:::1', '::1'],
    ['ipv6:2001:DB8::0001', '2001:db8::1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::ffff:c000:201', '192.0.2.1'],
    ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
  ])('%s is %s', (text, expected) => expect(parseIpAddress(text)).toBe(expected))
  test.each([
    '',
    '1',
    '1.2.3',
    '192.0.2.256',
    '192.0.2.01',
    '1.2.3.4.',
    '1.2.3.4.5',
    '0x7f.1',
    '2130706433',
    'fe80::1%eth0',
    '::1]/',
    ':::',
    '1::2::3',
    'b',
    'IPv6:',
    'IPv6:1.2.3.4',
  ])('%j is none', text => expect(parseIpAddress(text)).toBeNull())
})
