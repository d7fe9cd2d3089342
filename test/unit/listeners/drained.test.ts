import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { drained } from '../../../src/listeners/drained.ts'

test.each(['drain', 'close'])('ends with %s, however often, and leaves no listener behind', async event => {
  const socket = new PassThrough()
  const before = socket.listenerCount('close') + socket.listenerCount('drain')
  for (let i = 0; i < 20; i++) {
    const wait = drained(socket)
    socket.emit(event)
    await wait
  }
  expect(socket.listenerCount('close') + socket.listenerCount('drain')).toBe(before)
})
