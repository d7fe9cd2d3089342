/**
 * Bare LF as CRLF, piece by piece, as mailauth's own stream does it: what is hashed has one kind of line end. Most pieces need
 * nothing and are given back as they are.
 */

const lineFeed = 10
const carriageReturn = 13

export function createLineEnds(): (piece: Uint8Array) => Uint8Array {
  let last = 0
  return piece => {
    const bare = countBare(piece, last)
    const before = last
    if (piece.length > 0) last = piece[piece.length - 1]!
    return bare === 0 ? piece : rewrite(piece, bare, before)
  }
}

function countBare(piece: Uint8Array, before: number): number {
  let bare = 0
  for (let i = 0, last = before; i < piece.length; i++) {
    const octet = piece[i]!
    if (octet === lineFeed && last !== carriageReturn) bare++
    last = octet
  }
  return bare
}

function rewrite(piece: Uint8Array, bare: number, before: number): Uint8Array {
  const out = new Uint8Array(piece.length + bare)
  for (let i = 0, at = 0, last = before; i < piece.length; i++) {
    const octet = piece[i]!
    if (octet === lineFeed && last !== carriageReturn) out[at++] = carriageReturn
    out[at++] = octet
    last = octet
  }
  return out
}
