/**
 * A file that must be there and hold PEM (RFC 7468) of one label. Only its name goes into the configuration: whoever uses the
 * file reads it, and reads it again when it changes. What stands in it is shown nowhere.
 */
import * as z from 'zod'
import { text } from './leaves.ts'
import type { ReadSecret } from './secret.ts'

const fileRule = 'the name of a file'

/** `label` as it ends the line that begins the PEM: "PRIVATE KEY" takes "EC PRIVATE KEY" too. */
export function pemFile(about: string, label: 'CERTIFICATE' | 'PRIVATE KEY', read: ReadSecret) {
  return text(about, fileRule)
    .transform((file, context): string => {
      const refuse = (what: string, allowed: string): never => {
        context.issues.push({ code: 'custom', message: allowed, input: file, params: { what } })
        return z.NEVER
      }
      const found = read({ file, create: false })
      if ('problem' in found) return refuse(found.problem.replace(/^secret /, ''), found.allowed)
      if ('missing' in found) return refuse('the file is not there', fileRule)
      const begins = new RegExp(`^-----BEGIN (?:[A-Z0-9]+ )?${label}-----`, 'm')
      return begins.test(found.text) ? file : refuse('the file has no such part', `PEM with -----BEGIN ${label}-----`)
    })
    .meta({ description: about })
}
