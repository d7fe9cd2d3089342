import { expect, test } from 'vitest'
import { messageSource } from '../../../src/delivery/message-source.ts'

const chunks = async function* (...texts: string[]) {
  for (const text of texts) yield Buffer.from(text)
}

test('our fields as they are, and the message without what others wrote in our name', async () => {
  const source = messageSource({
    hostname: 'in.example.com',
    traceFields: () => 'Authentication-Results: in.example.com; spf=none\r\n',
    raw: async () =>
      chunks('Authentication-Res', 'ults: in.example.com; spf=pass\r\nA: 1\r\n', '\r\nAuthentication-Results: in.example.com\r\n'),
  })
  expect(source.traceFields()).toBe('Authentication-Results: in.example.com; spf=none\r\n')
  const read: Uint8Array[] = []
  for await (const chunk of await source.raw()) read.push(chunk)
  expect(Buffer.concat(read).toString()).toBe('A: 1\r\n\r\nAuthentication-Results: in.example.com\r\n')
})

test('what the spool throws comes through', async () => {
  const raw = async () => Promise.reject(new Error('gone'))
  await expect(messageSource({ hostname: 'x', traceFields: () => '', raw }).raw()).rejects.toThrow('gone')
})
