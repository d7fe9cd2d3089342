// The whole message with a signal: whoever stops reading it, for whatever reason, leaves no file of its source open.
import { expect, test } from 'vitest'
import { wholeMessage } from '../../../../src/delivery/event/whole-message.ts'

const tick = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

async function all(octets: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const pieces: Uint8Array[] = []
  for await (const piece of octets) pieces.push(piece)
  return pieces
}

function source(hangs = false) {
  const seen = { closed: false, goOn: () => {} }
  async function* raw() {
    try {
      yield Buffer.from('one')
      if (hangs)
        await new Promise<void>(resolve => {
          seen.goOn = resolve
        })
      yield Buffer.from('two')
    } finally {
      seen.closed = true
    }
  }
  return { seen, message: { traceFields: () => 'Trace: 1\r\n', raw: async () => raw() } }
}

test('is read to its end', async () => {
  const { message, seen } = source()
  const pieces = await all(wholeMessage(message, new AbortController().signal))
  expect([Buffer.concat(pieces).toString(), seen.closed]).toEqual(['Trace: 1\r\nonetwo', true])
})

test('that is not read on lets go of its source', async () => {
  const { message, seen } = source()
  const disk = async () => {
    for await (const piece of wholeMessage(message, new AbortController().signal)) if (piece.length === 3) throw new Error('ENOSPC')
  }
  await expect(disk()).rejects.toThrow('ENOSPC')
  await tick()
  expect(seen.closed).toBe(true)
})

test('ends with its signal where the source hangs, and lets go of it when that goes on', async () => {
  const { message, seen } = source(true)
  const stop = new AbortController()
  const read = all(wholeMessage(message, stop.signal))
  await tick()
  stop.abort(new Error('too late'))
  await expect(read).rejects.toThrow('too late')
  seen.goOn()
  await tick()
  expect(seen.closed).toBe(true)
})
