import path from 'node:path'
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
  expect(inWords(countReport(text, 'unit'))).toBe(words)
})

test('what failed is named, with the first line of why', () => {
  const failed = { status: 'failed', fullName: 'the door opens', failureMessages: ['Error: it was shut\n    at door.ts:1'] }
  const files = [
    {
      status: 'failed',
      name: path.resolve('test/unit/door.test.ts'),
      assertionResults: [failed, { status: 'failed', fullName: 'it shuts' }],
    },
    { status: 'failed', name: path.resolve('test/unit/gate.test.ts'), message: 'no such module', assertionResults: [] },
  ]
  expect(countReport(report(...files), 'unit').failures).toEqual([
    'test/unit/door.test.ts > the door opens: Error: it was shut',
    'test/unit/door.test.ts > it shuts',
    'test/unit/gate.test.ts: no such module',
  ])
  expect(countReport(null, 'unit').failures).toEqual(['unit: no test was reported'])
})

test('counts add up', () => {
  const one = { passed: 1, failed: 2, skipped: 3, failures: ['a', 'b'] }
  const other = { passed: 10, failed: 1, skipped: 30, failures: ['c'] }
  expect(add(one, other)).toEqual({ passed: 11, failed: 3, skipped: 33, failures: ['a', 'b', 'c'] })
})
