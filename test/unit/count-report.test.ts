import { expect, test } from 'vitest'
import { add, countReport, describe as inWords } from '../support/count-report.ts'

const file = (status: string, ...states: string[]) => ({ status, assertionResults: states.map(state => ({ status: state })) })
const report = (...testResults: object[]) => JSON.stringify({ testResults })

test.each([
  [
    'passed, failed and skipped',
    report(file('failed', 'passed', 'passed', 'failed', 'skipped', 'pending', 'todo')),
    '2 passed, 1 failed, 3 skipped',
  ],
  ['several files', report(file('passed', 'passed'), file('passed', 'passed')), '2 passed, 0 failed'],
  ['a file that could not be imported', report(file('passed', 'passed'), file('failed')), '1 passed, 1 failed'],
  ['no report', null, '0 passed, 1 failed'],
  ['a broken report', '{"testResults": [', '0 passed, 1 failed'],
  ['a report without results', '{}', '0 passed, 1 failed'],
  ['no file', report(), '0 passed, 1 failed'],
  ['no test', report(file('passed')), '0 passed, 1 failed'],
  ['skipped only', report(file('passed', 'skipped')), '0 passed, 0 failed, 1 skipped'],
])('%s', (_, text, words) => {
  expect(inWords(countReport(text))).toBe(words)
})

test('counts add up', () => {
  expect(add({ passed: 1, failed: 2, skipped: 3 }, { passed: 10, failed: 20, skipped: 30 })).toEqual({
    passed: 11,
    failed: 22,
    skipped: 33,
  })
})
