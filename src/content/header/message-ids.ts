/** The identifiers of Message-ID, In-Reply-To and References (RFC 5322 3.6.4), with angle brackets, also where they were left out. */

const bracketed = /<([^<>]{1,2000})>/g

/** In order, as often as they stand. White space inside, left by folds, goes; words that are no identifiers go too. */
export function readMessageIds(value: string): string[] {
  const found = [...value.matchAll(bracketed)].map(([, id]) => `<${id!.replace(/\s/g, '')}>`)
  if (found.length > 0 || value.includes('<')) return found
  return value
    .split(/[\s,]+/)
    .filter(word => /^[^\s@<>]+@[^\s@<>]+$/.test(word))
    .map(word => `<${word}>`)
}
