// Names of files in a Maildir: whatever the host and the time are, one part of a path, found again by the id, with or without flags.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isMessage, messageName, safeHost } from '../../../src/delivery/processors/maildir/name.ts'

const id = fc.stringMatching(/^[0-9a-f]{32}$/)
const host = fc.oneof(fc.string({ unit: 'binary' }), fc.domain(), fc.constantFrom('', '.', '..', 'a/b', 'a:2,S', 'x'.repeat(300)))

test('a name is one part of a path, as the specification wants it, and found again', () => {
  fc.assert(
    fc.property(fc.double(), id, host, fc.stringMatching(/^[A-Z]{0,5}$/), (received, id, host, flags) => {
      const name = messageName(received, id, safeHost(host))
      expect(name).toMatch(/^\d{1,13}\.postern-[0-9a-f]{32}\.[A-Za-z0-9.\\_-]{1,64}$/)
      expect(name.length).toBeLessThan(200)
      for (const written of [name, `${name}:2,${flags}`, `${name},S=12:2,${flags}`]) expect(isMessage(written, id)).toBe(true)
    }),
  )
})

test('another id, and names of others, are not found', () => {
  fc.assert(
    fc.property(id, id, fc.string(), (one, other, text) => {
      fc.pre(one !== other)
      expect(isMessage(messageName(0, one, 'host'), other)).toBe(false)
      expect(isMessage(text, one)).toBe(false)
    }),
  )
})
