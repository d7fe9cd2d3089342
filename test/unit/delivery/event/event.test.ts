import { readdirSync, readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { describe, expect, test } from 'vitest'
import { defaultEventOptions, type EventOptions, eventBody, statusOf } from '../../../../src/delivery/event/event.ts'
import { readOnce } from '../../../../src/delivery/event/read-once.ts'
import type { MessageEvent } from '../../../../src/delivery/event/types.ts'
import type { ContentOptions } from '../../../../src/transaction/ports.ts'
import { type EventCase, eventCases, someContent, sourceOf } from '../../../support/event-cases.ts'

const at = (path: string) => new URL(`../../../../${path}`, import.meta.url)
const json = (path: string) => JSON.parse(readFileSync(at(path), 'utf8'))

async function eventOf(one: EventCase, options: Partial<EventOptions> = one.options ?? {}): Promise<MessageEvent> {
  const pieces: Buffer[] = []
  for await (const piece of eventBody(one.delivery, sourceOf(one), { ...defaultEventOptions, ...options })) pieces.push(piece)
  return JSON.parse(Buffer.concat(pieces).toString())
}

type Schema = { [name: string]: unknown } & { properties?: Record<string, Schema>; $ref?: string; items?: Schema; type?: unknown }
const schema = json('docs/event.schema.json') as Schema
// "strict" lets no keyword pass that Ajv doesn't know; a type may be a list with null.
const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true })
formats.default(ajv)
const valid = ajv.compile(schema)

describe('golden events', () => {
  test('there is a file for each case', () =>
    expect(
      readdirSync(at('test/messages/events'))
        .filter(name => name.endsWith('.json'))
        .sort(),
    ).toEqual(
      Object.keys(eventCases)
        .map(name => `${name}.json`)
        .sort(),
    ))

  test.each(Object.entries(eventCases))('%s', async (name, one) => {
    const event = await eventOf(one)
    expect(event).toEqual(json(`test/messages/events/${name}.json`))
    expect([valid(event), valid.errors]).toEqual([true, null])
  })
})

describe('docs/event.schema.json', () => {
  const objects: [string, Schema][] = []
  const walk = (node: unknown, path: string): void => {
    if (typeof node !== 'object' || node === null) return
    if ('properties' in node && path.split('/').at(-1) !== 'properties') objects.push([path, node as Schema])
    for (const [name, value] of Object.entries(node)) walk(value, `${path}/${name}`)
  }
  walk(schema, '#')

  test('a new member needs its place: no object takes members that are not named', () => {
    expect(objects.length).toBeGreaterThan(15)
    for (const [path, node] of objects) expect([path, node.additionalProperties]).toEqual([path, false])
  })

  test('every member that it names stands in a golden event', async () => {
    const seen = new Set<string>()
    const mark = (node: Schema, value: unknown): void => {
      if (node.$ref !== undefined) mark((schema.$defs as Record<string, Schema>)[node.$ref.split('/').at(-1)!]!, value)
      for (const inner of (node.anyOf ?? node.oneOf ?? []) as Schema[]) mark(inner, value)
      if (Array.isArray(value)) for (const item of value) mark(node.items ?? {}, item)
      else if (typeof value === 'object' && value !== null)
        for (const [name, inner] of Object.entries(node.properties ?? {}))
          if (name in value) {
            seen.add(`${objects.find(([, one]) => one === node)![0]}/${name}`)
            mark(inner, (value as Record<string, unknown>)[name])
          }
    }
    for (const one of Object.values(eventCases)) mark(schema, await eventOf(one))
    const named = objects.flatMap(([path, node]) => Object.keys(node.properties!).map(name => `${path}/${name}`))
    expect(named.filter(name => !seen.has(name))).toEqual([])
  })

  test.each<[string, string[], unknown]>([
    ['another version', ['version'], 2],
    ['a member that is not named', ['data', 'more'], 1],
    ['one in the envelope', ['data', 'envelope', 'more'], 1],
    ['one in the content', ['data', 'content', 'more'], 1],
    ['a missing member', ['data', 'route'], undefined],
    ['raw as text', ['data', 'raw'], 'abc'],
    ['a time that is none', ['data', 'received'], 'yesterday'],
    ['an idempotency id that is none', ['data', 'idempotencyId'], 'X'],
  ])('refuses %s', async (_, path, value) => {
    const event: unknown = await eventOf(eventCases.reply!)
    let place = event as Record<string, unknown>
    for (const name of path.slice(0, -1)) place = place[name] as Record<string, unknown>
    place[path.at(-1)!] = value
    expect(valid(JSON.parse(JSON.stringify(event)))).toBe(false)
  })
})

describe('the raw message', () => {
  const reply = eventCases.reply!
  const base64 = { encoding: 'base64', content: Buffer.from(`Return-Path: <jane@sender.example>\r\n${reply.raw}`).toString('base64') }
  const url = 'https://incoming.example.com/m'
  const overBudget = { status: 'over-budget', problem: 'time' } as const

  test.each<[string, Partial<EventCase>, EventOptions['raw'], unknown]>([
    ['inline', {}, 'inline', base64],
    ['inline, though there are links', { link: url }, 'inline', base64],
    ['a link', { link: url }, 'link', { url }],
    ['inline where no links are configured', { link: null }, 'link', base64],
    ['inline where links are not known at all', {}, 'link', base64],
    ['left out', { link: url }, 'omit', null],
    ['inline where the message could not be parsed', { content: overBudget }, 'omit', base64],
    ['a link where the message could not be parsed', { content: overBudget, link: url }, 'omit', { url }],
    ['beside the event', { content: overBudget, link: url }, 'apart', null],
  ])('%s', async (_, more, raw, expected) => expect((await eventOf({ ...reply, ...more }, { raw })).data.raw).toEqual(expected))

  test('left out where nothing is parsed', async () => expect((await eventOf(eventCases.unchecked!, { raw: 'omit' })).data.raw).toBeNull())
})

test('the options of the attachments reach the parser', async () => {
  const asked: ContentOptions[] = []
  const source = {
    ...sourceOf(eventCases.reply!),
    content: async (options: ContentOptions) => {
      asked.push(options)
      return Buffer.from(JSON.stringify(someContent()))
    },
  }
  const once = readOnce(source)
  const options = { raw: 'inline', attachments: 7, larger: 'omit' } as const
  for (let i = 0; i < 2; i++) for await (const _ of eventBody(eventCases.reply!.delivery, once, options));
  expect(asked).toEqual([{ inline: 7, larger: 'omit' }])
})

test('no secret of a key goes out: claims are those that are named', async () => {
  const { delivery } = eventCases.reply!
  const claims = { ...delivery.claims, senderHash: true, hidden: 'x' } as never
  const event = await eventOf({ ...eventCases.reply!, delivery: { ...delivery, claims } })
  expect(event.data.claims).toEqual((await eventOf(eventCases.reply!)).data.claims)
})

describe('statusOf', () => {
  test.each([
    ['{"status":"parsed","header":[]}', 'parsed'],
    ['{ "status" : "over-budget" }', 'over-budget'],
    [`{"problem":"${'x'.repeat(200)}","status":"unreadable"}`, 'unreadable'],
    ['{}', undefined],
  ])('%s', (text, status) => expect(statusOf(Buffer.from(text))).toBe(status))
})
