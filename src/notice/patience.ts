/** How long we wait for a mail server where we are its client, in milliseconds; the names are nodemailer's. */
export const patience = {
  connectionTimeout: 10_000,
  greetingTimeout: 10_000,
  /** Of silence; RFC 5321 4.5.3.2 would wait for minutes, but whatever fails is tried again. */
  socketTimeout: 60_000,
} as const
