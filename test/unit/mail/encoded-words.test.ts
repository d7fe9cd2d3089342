import { expect, test } from 'vitest'
import { decodeWords } from '../../../src/mail/encoded-words.ts'

// The first eight are the examples of RFC 2047 section 8, without the comment's parentheses.
test.each([
  ['=?ISO-8859-1?Q?a?=', 'a'],
  ['=?ISO-8859-1?Q?a?= b', 'a b'],
  ['=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=', 'ab'],
  ['=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=', 'ab'],
  ['=?ISO-8859-1?Q?a?=\n    =?ISO-8859-1?Q?b?=', 'ab'],
  ['=?ISO-8859-1?Q?a_b?=', 'a b'],
  ['=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=', 'a b'],
  ['=?US-ASCII?Q?Keith_Moore?= <moore@cs.utk.edu>', 'Keith Moore <moore@cs.utk.edu>'],
  [
    '=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?= =?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=',
    'If you can read this you understand the example.',
  ],
  ['=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=', '日本'],
  ['=?utf-8*de?q?Gr=C3=BC=C3=9Fe?=', 'Grüße'],
  ['=?utf-8?B?8J+Y?= =?utf-8?B?gA==?=', '😀'],
  ['=?no-such-charset?q?a?= =?no-such-charset?q?b?=', '=?no-such-charset?q?a?= =?no-such-charset?q?b?='],
  ['=?utf-8?x?a?=', '=?utf-8?x?a?='],
  ['=?utf-8?q?=zz=4?=', '=zz=4'],
  ['=?utf-8?q?=FF?=', '\ufffd'],
  ['nothing = encoded? here', 'nothing = encoded? here'],
])('%s', (value, expected) => {
  expect(decodeWords(value)).toBe(expected)
})
