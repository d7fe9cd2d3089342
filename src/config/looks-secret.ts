/**
 * Whether a text could be a secret: then it is shown nowhere, wherever it stands, since a secret is most easily written in
 * the wrong place. Rather too careful than too little. Pure.
 */

/** A webhook secret, a name and password in an address, or a long run of what base64 and hexadecimal are made of. */
export function looksSecret(text: string): boolean {
  if (/whsec_/i.test(text) || /\/\/[^/@\s]*@/.test(text)) return true
  if (/[A-Za-z0-9+_-]{32}|[A-Za-z0-9+/]{24,}=/.test(text)) return true
  return /^[A-Za-z0-9+/]{32,}$/.test(text) && /\d/.test(text) && /[A-Z]/.test(text)
}
