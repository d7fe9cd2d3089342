/**
 * The name of an attachment as it may be shown and stored: without folders, controls and characters that turn the direction of writing,
 * so that `invoice[RLO]fdp.exe` looks like what it is. An application must still not use it as a path.
 */

const longest = 200
// C0, C1, soft hyphen, marks of direction, zero width, separators, embeddings, overrides and isolates, BOM.
const invisible = /[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g

/** null where nothing of it can be used. */
export function cleanName(name: string): string | null {
  const seen = name.toWellFormed().replace(invisible, '')
  const last = seen.split(/[\\/]/).at(-1)!
  const bare = last.replace(/\s+/g, ' ').trim()
  if (bare === '' || /^\.+$/.test(bare)) return null
  const characters = [...bare]
  if (characters.length <= longest) return bare
  // The extension says what it is.
  const extension = /\.[^.\s]{1,15}$/u.exec(bare)?.[0] ?? ''
  return characters.slice(0, longest - [...extension].length).join('') + extension
}
