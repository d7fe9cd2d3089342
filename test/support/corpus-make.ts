/**
 * Writes the messages of test/messages/authentication from their recipes: `node test/support/corpus-make.ts`, by hand, when a
 * recipe changed. The keys are made once and kept; Ed25519 and RSA signatures of one text are always the same, and so are
 * the files. Expectations (NAME.json) and the zone are written by people, never by this.
 */
import { generateKeyPairSync } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { arcRecipes } from './corpus-arc.ts'
import { dkimRecipes } from './corpus-dkim.ts'
import { fromRecipes } from './corpus-from.ts'
import { plainRecipes } from './corpus-plain.ts'
import { corpusFolder } from './corpus-sign.ts'

const pem = { type: 'pkcs8', format: 'pem' } as const
const rsa = (modulusLength: number) => generateKeyPairSync('rsa', { modulusLength }).privateKey.export(pem)

function makeKeys(): void {
  const file = path.join(corpusFolder, 'keys.json')
  if (existsSync(file)) return
  const sizes = Object.fromEntries([512, 768, 1024, 2048, 4096].map(size => [`rsa${size}`, rsa(size)]))
  const keys = { ...sizes, other2048: rsa(2048), ed25519: generateKeyPairSync('ed25519').privateKey.export(pem) }
  writeFileSync(file, `${JSON.stringify(keys, null, 2)}\n`)
}

makeKeys()
const recipes = { ...dkimRecipes, ...fromRecipes, ...plainRecipes, ...arcRecipes }
for (const [name, make] of Object.entries(recipes)) writeFileSync(path.join(corpusFolder, `${name}.eml`), make())
