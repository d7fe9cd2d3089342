/** Every recorded dialog in this folder, played against a real listener. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'vitest'
import { parseDialog, play } from '../support/dialog.ts'

const folder = import.meta.dirname
for (const name of readdirSync(folder).filter(file => file.endsWith('.txt'))) {
  test(name.replace(/\.txt$/, ''), () => play(parseDialog(readFileSync(join(folder, name), 'utf8'))))
}
