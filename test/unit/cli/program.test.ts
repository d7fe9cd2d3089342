// What all commands of the command line share.
import { Command } from 'commander'
import { expect, test } from 'vitest'
import { program } from '../../../src/cli/program.ts'

test('every command tells of --config in its help', () => {
  const all = program(new Command('postern')).commands.flatMap(one => [one, ...one.commands])
  expect(all.map(one => one.name())).toContain('export')
  expect(all.filter(one => !one.helpInformation().includes('-c, --config <file>')).map(one => one.name())).toEqual([])
})

test.each([
  ['--config', 'none.yaml', 'messages', 'list'],
  ['messages', '--config', 'none.yaml', 'list'],
  ['messages', 'list', '--config', 'none.yaml'],
  ['--config', 'other.yaml', 'keys', '--config', 'wrong.yaml', 'inspect', 'key', '--config', 'none.yaml'],
])('the file is taken wherever it stands: %s %s %s %s', async (...args) => {
  await expect(program(new Command('postern')).parseAsync(args, { from: 'user' })).rejects.toThrow('none.yaml: is not there')
})
