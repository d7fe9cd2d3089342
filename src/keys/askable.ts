/**
 * Which keys are worth a question. What is empty, holds a NUL (PostgreSQL's text can't) or half a surrogate pair is no key
 * of any store: it is unknown without asking, since a store could only fail over it, and that would look like an outage.
 */
export const askable = (key: string): boolean => key !== '' && !key.includes('\0') && key.isWellFormed()
