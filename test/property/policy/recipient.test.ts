/** Recipients and keys: matching is the inverse of minting, the most specific pattern wins, and overlaps are real ones. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseAddress } from '../../../src/mail/address.ts'
import { parseHeader } from '../../../src/mail/header-fields.ts'
import { buildDirectory, type DirectoryEntry, lookUp } from '../../../src/policy/recipient/directory.ts'
import { duplicates, overlaps } from '../../../src/policy/recipient/overlap.ts'
import { type AddressPattern, bySpecificity, compilePattern, matches, matchLocalPart } from '../../../src/policy/recipient/pattern.ts'
import { candidates } from '../../../src/policy/recipient/references.ts'

const fixed = fc.string({ unit: fc.constantFrom(...'aAb+-=k'), maxLength: 3 })
const domain = fc.constantFrom('a.example', 'A.Example', 'b.example')
const text = fc.oneof(
  fc.tuple(fixed, fixed, domain).map(([prefix, suffix, host]) => `${prefix}%{key}${suffix}@${host}`),
  fc
    .tuple(
      fixed.filter(part => part !== ''),
      domain,
    )
    .map(([local, host]) => `${local}@${host}`),
)
const compiled = (spelled: string): AddressPattern => {
  const pattern = compilePattern(spelled)
  if ('problem' in pattern) throw new Error(pattern.problem)
  return pattern
}
const localPart = fc.string({ unit: fc.constantFrom(...'aAbBkK+-=\u212a'), minLength: 1, maxLength: 9 })

/** The slow and obvious way. */
function oracle(pattern: AddressPattern, local: string): string | null {
  const fold = (given: string): string => given.replace(/[A-Z]/g, letter => letter.toLowerCase())
  if (!pattern.hasKey) return fold(local) === pattern.prefix ? '' : null
  const folded = fold(local)
  if (!folded.startsWith(pattern.prefix) || !folded.endsWith(pattern.suffix)) return null
  if (local.length <= pattern.prefix.length + pattern.suffix.length) return null
  return local.slice(pattern.prefix.length, local.length - pattern.suffix.length)
}

describe('patterns', () => {
  test('match as the slow and obvious way does', () => {
    fc.assert(
      fc.property(
        text,
        localPart,
        (spelled, local) => void expect(matchLocalPart(compiled(spelled), local)).toBe(oracle(compiled(spelled), local)),
      ),
      {
        numRuns: 2000,
      },
    )
  })
  test('never throw, whatever the operator writes', () => {
    const odd = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(fc.constantFrom('%{key}', '%{', '}', '@', 'a', '.', '"', 'ü', '[', ' ')).map(parts => parts.join('')),
    )
    fc.assert(
      fc.property(odd, spelled => {
        const pattern = compilePattern(spelled)
        if ('problem' in pattern) expect(pattern.problem).not.toBe('')
        else expect(parseAddress(spelled.replace('%{key}', 'k'))).not.toBeNull()
      }),
      { numRuns: 2000 },
    )
  })
})

const entries = fc
  .array(text, { maxLength: 8 })
  .map(list => list.map((spelled, i): DirectoryEntry => ({ mailbox: `m${i}`, pattern: compiled(spelled) })))

describe('a directory', () => {
  test('gives the most specific mailbox that matches', () => {
    fc.assert(
      fc.property(entries, localPart, domain, (list, local, host) => {
        const address = { localPart: local, domain: host }
        const found = lookUp(buildDirectory(list), address)
        const matching = list.filter(({ pattern }) => matches(pattern, address)).sort((a, b) => bySpecificity(a.pattern, b.pattern))
        if (matching[0] !== undefined) {
          const key = matching[0].pattern.hasKey ? matchLocalPart(matching[0].pattern, local) : null
          expect(found).toEqual({ kind: 'mailbox', mailbox: matching[0].mailbox, key })
        } else expect(found.kind).toBe(list.some(({ pattern }) => pattern.domain === host.toLowerCase()) ? 'unknown' : 'unserved')
      }),
      { numRuns: 2000 },
    )
  })
  test('overlaps are told exactly, each with an address that both match and the winner gets', () => {
    fc.assert(
      fc.property(entries, localPart, domain, (list, local, host) => {
        const told = overlaps(list)
        for (const { winner, loser, example } of told) {
          const address = parseAddress(example)!
          expect([matches(winner.pattern, address), matches(loser.pattern, address)]).toEqual([true, true])
          expect(lookUp(buildDirectory([loser, winner]), address)).toMatchObject({ mailbox: winner.mailbox })
        }
        const both = list.filter(({ pattern }) => matches(pattern, { localPart: local, domain: host }))
        for (const a of both) {
          for (const b of both) {
            if (a === b) continue
            const known = [...told.map(({ winner, loser }) => [winner, loser]), ...duplicates(list)].some(
              pair => pair.includes(a) && pair.includes(b),
            )
            expect(known).toBe(true)
          }
        }
      }),
      { numRuns: 1000 },
    )
  })
})

describe('References', () => {
  const pattern = compiled('reply-%{key}@h.example')
  const key = fc.string({ unit: fc.constantFrom(...'abcXYZ019-_+'), minLength: 1, maxLength: 40 })
  const separator = fc.constantFrom('', ' ', ',', ', ', '\r\n ', ',\r\n\t')

  test('each key is found, in order and once, however the ids are joined', () => {
    const id = fc.oneof(
      key.map(k => ({ k, id: `<reply-${k}@H.example>` })),
      key.map(k => ({ k: null, id: `<${k}@other.example>` })),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(id, separator), { maxLength: 30 }), ids => {
        const field = `References: ${ids.map(([{ id }, between]) => id + between).join('')}`
        const wanted = [...new Set(ids.flatMap(([{ k }]) => (k === null ? [] : [k])))]
        expect(candidates(parseHeader(new TextEncoder().encode(`${field}\r\n\r\n`)), pattern)).toEqual(wanted)
      }),
    )
  })
  test('hostile fields: never a throw, never more than 50', () => {
    const odd = fc.array(
      fc.oneof(
        fc.constantFrom('<', '>', 'reply-', 'k', '@', 'h.example', ',', '\r\n ', '<reply-k@h.example>'),
        fc.string({ unit: 'binary' }),
      ),
      { maxLength: 300 },
    )
    fc.assert(
      fc.property(odd, parts => {
        const found = candidates(parseHeader(new TextEncoder().encode(`References: ${parts.join('')}\r\n\r\n`)), pattern)
        expect(found.length).toBeLessThanOrEqual(50)
        expect(found.every(each => each !== '')).toBe(true)
      }),
    )
  })
})
