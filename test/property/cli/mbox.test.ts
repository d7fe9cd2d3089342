import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mboxEntry } from '../../../src/cli/messages/mbox.ts'

/** As a reader of mboxrd takes it apart. */
function read(mbox: string): string[] {
  const parts = mbox.split(/(?:^|(?<=\n\n))From [^\n]*\n/).slice(1)
  return parts.map(part => part.slice(0, -1).replace(/(^|\n)>(>*From )/g, '$1$2'))
}

const body = fc
  .array(fc.constantFrom('From ', '>From ', '>', '\r\n', '\n', '\r', 'x', '\xff', 'From', '\r\n\r\n'), { maxLength: 30 })
  .map(parts => parts.join(''))

test('what is written is read back, but for line ends', () => {
  fc.assert(
    fc.property(fc.array(body, { minLength: 1, maxLength: 4 }), fc.string(), (bodies, sender) => {
      const mbox = bodies
        .map(text => Buffer.from(mboxEntry(Buffer.from(text, 'latin1'), { sender, received: 1e12 })).toString('latin1'))
        .join('')
      const lines = bodies.map(text => text.replaceAll('\r\n', '\n')).map(text => (text === '' || text.endsWith('\n') ? text : `${text}\n`))
      expect(read(mbox)).toEqual(lines)
    }),
  )
})

test('a From line is one line, whatever the sender', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), sender => {
      const [line] = Buffer.from(mboxEntry(new Uint8Array(), { sender, received: 0 }))
        .toString('latin1')
        .split('\n')
      expect(line).toMatch(/^From [\x21-\x7e]+ Thu Jan {2}1 00:00:00 1970$/)
    }),
  )
})
