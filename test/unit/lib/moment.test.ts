import { expect, test } from 'vitest'
import { parseMoment } from '../../../src/lib/moment.ts'

const now = Date.UTC(2027, 0, 31, 12)

test.each([
  ['2h', now - 7_200_000],
  ['2h ago', now - 7_200_000],
  ['0s', now],
  ['2027-01-31', Date.UTC(2027, 0, 31)],
  ['2027-01-31T08:00', Date.UTC(2027, 0, 31, 8)],
  ['2027-01-31 08:00:05', Date.UTC(2027, 0, 31, 8, 0, 5)],
  ['2027-01-31T08:00:05.250z', Date.UTC(2027, 0, 31, 8, 0, 5, 250)],
  ['2027-01-31T08:00+02:00', Date.UTC(2027, 0, 31, 6)],
  ['1970-01-01', 0],
  ['1800000000000', 1_800_000_000_000],
])('%s', (text, at) => expect(parseMoment(text, now)).toBe(at))

test.each([
  ...['', 'yesterday', '2027', '2027-1-1', '2027-02-30', '2027-13-01', '2027-01-31T25:00', '-2h', '2 h', '1800000000', 'ago'],
  ...['1969-12-31', '99999999999999999', '2027-01-31T08:00+99:00', '31.1.2027'],
])('“%s” is no time', text => expect(parseMoment(text, now)).toBeNull())
