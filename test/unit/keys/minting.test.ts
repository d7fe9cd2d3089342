/** The minting snippets that applications copy: run against the vectors, and the same in the page as in the files. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { mint } from '../../../examples/minting/mint.ts'
import { secrets, vectors } from './vectors.ts'

const cases = vectors.mint.filter(({ sender }) => sender === undefined)
const python = (script: string) => execFileSync('python3', ['-B', '-c', script], { cwd: 'examples/minting', encoding: 'utf8' })

describe('examples/minting/mint.ts', () => {
  test.each(cases)('$name', ({ keyId, mailbox, route, subject, expires, key }) => {
    expect(mint({ secret: secrets.get(String(keyId))!, keyId, mailbox, route }, subject, expires)).toBe(key)
  })

  test('refuses what the format cannot hold', () => {
    const place = { secret: secrets.get('1')!, keyId: 1, mailbox: 'incoming', route: 'reply' }
    expect(() => mint(place, '')).toThrow(RangeError)
    expect(() => mint(place, 'x'.repeat(33))).toThrow(RangeError)
    expect(() => mint(place, 'x', 2 ** 32)).toThrow(RangeError)
    expect(() => mint({ ...place, keyId: 256 }, 'x')).toThrow(RangeError)
    expect(() => mint({ ...place, secret: new Uint8Array(31) }, 'x')).toThrow(RangeError)
  })
})

describe('examples/minting/mint.py', () => {
  test('mints every vector', () => {
    const minted = python(`
import base64, json, mint
v = json.load(open("../../test/vectors/signed-keys.json"))
s = {int(i): base64.b64decode(t) for i, t in v["secrets"].items()}
cases = [c for c in v["mint"] if "sender" not in c]
print(json.dumps([mint.mint(s[c["keyId"]], c["keyId"], c["mailbox"], c["route"], c["subject"], c.get("expires")) for c in cases]))`)
    expect(JSON.parse(minted)).toEqual(cases.map(({ key }) => key))
  })

  test('refuses what the format cannot hold', () => {
    const refused = python(`
import mint
n = 0
for args in ((b"x" * 31, 1, "m", "r", "s"), (b"x" * 32, 0, "m", "r", "s"), (b"x" * 32, 256, "m", "r", "s"), (b"x" * 32, 1, "m", "r", ""),
             (b"x" * 32, 1, "m", "r", "s" * 33), (b"x" * 32, 1, "m", "r", "s", 2 ** 32)):
    try: mint.mint(*args)
    except (ValueError, OverflowError): n += 1
print(n)`)
    expect(refused.trim()).toBe('6')
  })
})

test.each([
  ['mint.ts', 'ts'],
  ['mint.py', 'python'],
])('docs/signed-keys.md shows %s as it is', (file, language) => {
  const page = readFileSync('docs/signed-keys.md', 'utf8')
  expect(page).toContain(`\`\`\`${language}\n${readFileSync(`examples/minting/${file}`, 'utf8')}\`\`\``)
})
