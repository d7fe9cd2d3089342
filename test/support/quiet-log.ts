/**
 * A log that keeps what is written to it.
 */
import type { Log } from '../../src/transaction/ports.ts'

export interface KeptLog extends Log {
  readonly lines: readonly { readonly level: string; readonly text: string; readonly fields: object }[]
}

export function keptLog(): KeptLog {
  const lines: { level: string; text: string; fields: object }[] = []
  const at = (level: string) => (fields: object, text: string) => void lines.push({ level, text, fields })
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
