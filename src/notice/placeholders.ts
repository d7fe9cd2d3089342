/** The placeholders of templates: `%{subject}`. Filled in one pass, so that what stands in a value is never a placeholder. Pure. */

export const placeholders = ['recipient', 'subject', 'received', 'id', 'hostname', 'said'] as const

const form = /%\{([^{}\n]{0,40})\}/g

export const fill = (text: string, values: Readonly<Record<string, string>>): string =>
  text.replace(form, (whole, name: string) => (Object.hasOwn(values, name) ? values[name]! : whole))

/** The first thing in `text` that looks like a placeholder and is none, or null. */
export function unknownPlaceholder(text: string): string | null {
  const rest = text.replace(form, (whole, name: string) => ((placeholders as readonly string[]).includes(name) ? '' : whole))
  return /%\{[^}\n]{0,40}\}?/.exec(rest)?.[0] ?? null
}
