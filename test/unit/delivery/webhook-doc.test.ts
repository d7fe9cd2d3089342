import { spawnSync } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { outcomeOf, statusRows } from '../../../src/delivery/outcome.ts'
import { envelopeFields } from '../../../src/delivery/processors/webhook/envelope-fields.ts'
import { mostRefusal, noWords, verdictWords } from '../../../src/delivery/verdict-body.ts'
import { eventCases } from '../../support/event-cases.ts'

// docs/webhook.md is what applications are written by: its table is the code's, and its snippets run.
const page = readFileSync(new URL('../../../docs/webhook.md', import.meta.url), 'utf8')
const between = (begin: string, end: string): string => page.split(begin)[1]?.split(end)[0] ?? ''
const folder = mkdtempSync(join(tmpdir(), 'postern-webhook-doc-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('the table of statuses is the one of outcome.ts', () => {
  const name = (from: number, to: number): string => (from === to ? `${from}` : from === 400 ? 'other 4xx' : `${from / 100}xx`)
  const rows = statusRows.map(
    ({ from, to, kind, says }) => `| ${name(from, to)} | ${kind === 'retry' ? 'tried again' : 'delivered'} | ${says} |`,
  )
  const table = ['| status | the delivery is | what Postern notes |', '|---|---|---|', ...rows].join('\n')
  expect(between('<!-- statuses: begin -->\n', '\n<!-- statuses: end -->')).toBe(table)
})

test('the table of verdicts is what outcomes are made of', () => {
  const rows = between('<!-- verdicts: begin -->\n', '\n<!-- verdicts: end -->').split('\n').slice(2)
  const cells = rows.map(line => line.split('|').map(cell => cell.trim())).map(([, word, becomes, text]) => ({ word, becomes, text }))
  expect(cells.map(({ word }) => word)).toEqual([...verdictWords.map(word => `\`${word}\``), 'another word'])
  const states = { accept: 'delivered', hold: 'held', discard: 'discarded' }
  for (const [index, verdict] of verdictWords.entries())
    for (const status of [200, 422]) {
      const outcome = outcomeOf({ status, retryAfter: null, body: JSON.stringify({ verdict, text: 'because' }) }, 0)
      const { becomes, text } = cells[index]!
      if (outcome.kind === 'failed')
        expect([outcome.refusal, text, becomes!.split(':')[0]]).toEqual(['because', 'for the sender', 'failed'])
      else if (outcome.kind === 'delivered') {
        expect([text, becomes!.split(':')[0]]).toEqual(['for the operator', states[outcome.verdict!]])
        expect(outcome.detail).toContain('because')
      } else expect.unreachable()
    }
  expect(page).toContain(`at most ${mostRefusal} characters`)
  expect(page).toContain(`“${noWords}”`)
})

test('the table of fields is what a call with the bare message has', () => {
  const documented = [...page.matchAll(/^\| ((?:`postern-[a-z-]+`(?:, )?)+) \|/gm)].flatMap(([, cell]) =>
    cell!.replaceAll('`', '').split(', '),
  )
  expect(documented.sort()).toEqual(Object.keys(envelopeFields(eventCases.reply!.delivery)).sort())
})

describe('the snippets', () => {
  const octets = Buffer.alloc(32, 9)
  const secret = `whsec_${octets.toString('base64')}`
  const body = '{"type":"message.received","text":"ü"}'
  const headersAt = (timestamp: number, key = octets) => ({
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(timestamp),
    'webhook-signature': `v1,AAAA v1,${createHmac('sha256', key).update(`msg_1.${timestamp}.${body}`).digest('base64')}`,
  })
  const now = Math.floor(Date.now() / 1000)
  const cases: [string, Record<string, string>, string, boolean][] = [
    ['good', headersAt(now), body, true],
    ['another body', headersAt(now), `${body} `, false],
    ['another secret', headersAt(now, Buffer.alloc(32, 8)), body, false],
    ['too old', headersAt(now - 400), body, false],
    ['too new', headersAt(now + 400), body, false],
    ['another id', { ...headersAt(now), 'webhook-id': 'msg_2' }, body, false],
    ['nothing', {}, body, false],
    ['no number', { ...headersAt(now), 'webhook-timestamp': 'x' }, body, false],
    [
      'another version',
      { ...headersAt(now), 'webhook-signature': headersAt(now)['webhook-signature'].replaceAll('v1,', 'v2,') },
      body,
      false,
    ],
  ]

  test('TypeScript', async () => {
    const file = join(folder, 'verify.ts')
    writeFileSync(file, between('```ts\n', '```'))
    const { verify } = (await import(/* @vite-ignore */ pathToFileURL(file).href)) as {
      verify(secret: string, headers: Record<string, string>, body: Uint8Array): boolean
    }
    for (const [name, headers, text, good] of cases) expect([name, verify(secret, headers, Buffer.from(text))]).toEqual([name, good])
  })

  test.skipIf(spawnSync('python3', ['--version']).status !== 0)('Python', () => {
    const more = `
import json, sys
secret, cases = json.load(sys.stdin)
print(json.dumps([verify(secret, headers, body.encode()) for _, headers, body, _ in cases]))
`
    const { stdout, stderr } = spawnSync('python3', ['-c', between('```python\n', '```') + more], {
      input: JSON.stringify([secret, cases]),
      encoding: 'utf8',
    })
    expect(stderr).toBe('')
    expect(JSON.parse(stdout)).toEqual(cases.map(([, , , good]) => good))
  })
})
