/** The name that was probably meant: the nearest by edit distance (Damerau-Levenshtein), if it is near enough to be a slip. Pure. */

/** Null where nothing is near. A letter case that differs is no distance. */
export function nearest(found: string, names: readonly string[]): string | null {
  if (found.length > 64) return null
  const rated = names
    .map(name => ({ name, distance: editDistance(plain(found), plain(name)) }))
    .filter(({ name, distance }) => distance <= Math.max(1, Math.floor(Math.min(name.length, found.length) / 3)))
  return rated.toSorted((a, b) => a.distance - b.distance)[0]?.name ?? null
}

const plain = (name: string): string => name.toLowerCase().replaceAll('_', '-')

/** Insertions, deletions, replacements and swaps of neighbours that make `b` of `a`. */
export function editDistance(a: string, b: string): number {
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      const swap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? before[j - 2]! + 1 : Number.POSITIVE_INFINITY
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + same, swap))
    }
    before = row
    row = next
  }
  return row[b.length]!
}
