/**
 * `postern keys rotate`: writes the next signing secret beside the ones in use and says what to do with it. The
 * configuration is the operator's and is never rewritten.
 */
import { basename, dirname, join } from 'node:path'
import { createSecretFile } from '../../keys/secret-file.ts'
import { configError, type KeysDeps, type SigningSecret, signedPlace } from './config.ts'

export interface RotateArguments {
  readonly mailbox: string
  readonly route: string
  readonly json?: true
}

const maxKeyId = 255

export async function rotateCommand(deps: KeysDeps, args: RotateArguments): Promise<void> {
  const { current, secrets } = signedPlace(await deps.load(), args.mailbox, args.route)
  const id = Number(current.id) + 1
  if (id > maxKeyId)
    throw configError(`The highest key id in use is ${maxKeyId}, and there is none above it: give a free, lower id by hand.`)
  const neighbour = secrets.findLast(({ file }) => file !== undefined)
  if (neighbour === undefined)
    throw configError('No secret of this route comes from a file, so there is no folder to write the new one to.')
  const file = fileFor(neighbour, id)
  await create(file, id)
  const line = `${id}: { file: ${/^[\w./-]+$/.test(file) ? file : JSON.stringify(file)} }`
  deps.print(args.json ? JSON.stringify({ id, file, line }) : instructions(args, { id, before: String(current.id), file, line }))
}

/** The neighbour's name with the new id for the old one. */
function fileFor({ file, id }: SigningSecret, next: number): string {
  const name = basename(file!)
  const stem = name.endsWith(String(id)) ? name.slice(0, -String(id).length) : `${name}.`
  return join(dirname(file!), `${stem}${next}`)
}

async function create(file: string, id: number): Promise<void> {
  try {
    await createSecretFile(file)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'EEXIST')
      throw configError(`${file} is there already, but the configuration has no secret ${id}: add it, or remove the file.`)
    if (code === undefined) throw error
    throw configError(`${file} can't be written (${code}).`)
  }
}

function instructions(
  { mailbox, route }: RotateArguments,
  made: { readonly id: number; readonly before: string | number; readonly file: string; readonly line: string },
): string {
  const place = `mailbox ${mailbox}, route ${route}`
  return [
    `Wrote a new secret to ${made.file} (mode 0600; the user that runs Postern must be able to read it).`,
    '',
    `1. Add it to the secrets of ${place}, behind the ones there. On one line, inside the braces:`,
    `     secrets: { ${made.before}: { … }, ${made.line} }`,
    '   One a line, below the last and as far to the right:',
    '     secrets:',
    `       ${made.before}: { … }`,
    `       ${made.line}`,
    '2. Reload Postern (kill -HUP; systemctl reload postern); with several machines, all of them, each with this file. From now on old and new keys verify.',
    `3. Give the application the new secret and key id ${made.id} to mint with.`,
    '   “postern keys mint” takes the highest id; in a checkout that is:',
    `     npm run -s postern -- keys mint --mailbox ${mailbox} --route ${route} --subject SUBJECT`,
    '4. When the last key of an old secret has expired, take it out of the secrets, reload, and remove its file.',
    '   Its keys without expiry are unknown from then on.',
  ].join('\n')
}
