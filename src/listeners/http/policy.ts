/** The Content-Security-Policy of every answer that has none of its own: a stylesheet and forms of ours, and nothing else. */
export const pagePolicy = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
