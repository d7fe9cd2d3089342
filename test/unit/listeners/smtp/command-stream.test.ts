import { describe, expect, test } from 'vitest'
import { CommandStream, maxLineOctets, type StreamHandler } from '../../../../src/listeners/smtp/command-stream.ts'

interface Heard {
  readonly stream: CommandStream
  readonly events: string[]
}

/** A stream whose handler notes what it is told; `more` takes the place of parts of it. */
function listen(more: Partial<StreamHandler> = {}): Heard {
  const events: string[] = []
  const stream = new CommandStream({
    line(text) {
      events.push(`line ${text}`)
      if (text === 'DATA') stream.startData(false)
    },
    violation: what => void events.push(what),
    data: chunk => void events.push(`data ${chunk}`),
    endOfData: flawed => void events.push(`end ${flawed}`),
    early: () => void events.push('early'),
    ended: () => void events.push('ended'),
    broken: error => void events.push(`broken ${error}`),
    ...more,
  })
  stream.on('error', error => void events.push(`error event ${error}`))
  return { stream, events }
}

const written = (stream: CommandStream, text: string): Promise<void> =>
  new Promise(resolve => stream.write(Buffer.from(text, 'latin1'), () => resolve()))

describe('lines', () => {
  test('end with CRLF alone, and what has none is no command', async () => {
    const { stream, events } = listen()
    await written(stream, 'ONE\r\nTWO\nTHREE\rFOUR\r\nFI')
    await written(stream, 'VE\r')
    await written(stream, '\nrest')
    stream.end()
    await new Promise(resolve => stream.once('finish', resolve))
    expect(events).toEqual(['line ONE', 'bare-lf', 'line THREE\rFOUR', 'line FIVE', 'ended'])
  })

  test.each([maxLineOctets, maxLineOctets + 1])('of %i octets, by the octet', async octets => {
    const { stream, events } = listen()
    const line = `${'x'.repeat(octets - 2)}\r\n`
    for (const octet of line) await written(stream, octet)
    expect(events).toEqual(octets > maxLineOctets ? ['too-long'] : [`line ${line.trimEnd()}`])
  })

  test('wait for the answer to the one before', async () => {
    const gate = Promise.withResolvers<void>()
    const { stream, events } = listen({ endOfData: () => gate.promise })
    const all = written(stream, 'DATA\r\nx\r\n.\r\nNOOP\r\n')
    await new Promise(setImmediate)
    expect(events).toEqual(['line DATA', 'data x\r\n'])
    gate.resolve()
    await all
    expect(events.at(-1)).toBe('line NOOP')
  })
})

describe('a handler that fails closes the stream and ends no process:', () => {
  const fail = (): never => {
    throw new Error('x')
  }
  const rejects = () => Promise.reject(new Error('x'))
  test.each<[string, Partial<StreamHandler>, string]>([
    ['a line, thrown', { line: fail }, 'ONE\r\nTWO\r\n'],
    ['a line, rejected', { line: rejects }, 'ONE\r\nTWO\r\n'],
    ['a violation', { violation: fail }, 'ONE\nTWO\r\n'],
    ['data, thrown', { data: fail }, 'DATA\r\nx\r\n.\r\nNOOP\r\n'],
    ['data, rejected', { data: rejects }, 'DATA\r\nx\r\n.\r\nNOOP\r\n'],
    ['the end of data', { endOfData: rejects }, 'DATA\r\nx\r\n.\r\nNOOP\r\n'],
  ])('%s', async (_, more, text) => {
    const { stream, events } = listen(more)
    await written(stream, text)
    await written(stream, 'MORE\r\n')
    expect(events.filter(event => !event.startsWith('data '))).toEqual([
      ...(text.startsWith('DATA') ? ['line DATA'] : []),
      'broken Error: x',
    ])
  })
})

describe('what is behind a line already', () => {
  const listening = () => {
    const seen: boolean[] = []
    const waiting: (() => void)[] = []
    const line = (_: string, more: boolean) => {
      seen.push(more)
      return new Promise<void>(resolve => void waiting.push(resolve))
    }
    const next = () => {
      waiting.shift()!()
      return new Promise(setImmediate)
    }
    return { ...listen({ line }), seen, next }
  }

  test('in the same chunk', async () => {
    const { stream, seen, next } = listening()
    stream.write('ONE\r\nTWO\r\nT')
    await next()
    expect(seen).toEqual([true, true])
  })

  test('in a chunk that waits behind it', async () => {
    const { stream, seen, next } = listening()
    stream.write('ONE\r\nTWO\r\n')
    stream.write('T')
    await next()
    expect(seen).toEqual([true, true])
  })

  test('nothing', async () => {
    const { stream, seen, next } = listening()
    stream.write('ONE\r\nTWO\r\n')
    await next()
    await next()
    stream.write('THREE\r\n')
    expect(seen).toEqual([true, false, false])
  })
})

test('a stream that is held ends with the first octet', async () => {
  const { stream, events } = listen()
  stream.hold()
  await written(stream, 'Q')
  stream.release()
  await written(stream, 'UIT\r\n')
  expect(events).toEqual(['early'])
})
