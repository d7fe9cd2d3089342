/**
 * Every reply Postern can utter, once each. No other file writes a reply; docs/replies.md is made from this one.
 * Texts are for the person who reads them in a log or a bounce: they say what happened, never how we found out.
 */
import { reply } from './reply.ts'

// Session
export const closing = reply(221, '0.0', 'Closing connection')
export const done = reply(250, '0.0', 'Ok')
export const flushed = reply(250, '0.0', 'Transaction reset')
export const cannotVerify = reply(252, '5.0', 'Send mail to find out')
export const startMail = reply(354, null, 'End data with <CR><LF>.<CR><LF>')
export const shuttingDown = reply(421, '3.2', 'Server shutting down, try again in a minute')
export const idle = reply(421, '4.2', 'Idle for too long')
export const transactionTooLong = reply(421, '4.2', 'Transaction took too long')
export const tooSlow = reply(421, '4.2', 'Data came too slowly')
export const tooManyConnections = reply(421, '7.0', 'Too many connections, try again later')
export const tooManyFromNetwork = reply(421, '7.0', 'Too many connections from your network, try again later')
export const tooManyErrors = reply(421, '7.0', 'Too many errors, try again later')
export const tooManyUnknownRecipients = reply(421, '7.1', 'Too many unknown recipients, try again later')
export const peerNotTrusted = reply(421, '7.1', 'This service is for listed peers only')
export const notProxied = reply(421, '5.2', 'PROXY header missing or malformed')
export const spokeEarly = reply(554, '5.0', 'You spoke before the greeting')
export const readyForTls = reply(220, '0.0', 'Ready for TLS')
export const tlsActive = reply(503, '5.1', 'TLS is active already')
export const spokeBeforeTls = reply(554, '5.0', 'Nothing may follow STARTTLS before the TLS handshake')
export const tlsRequired = reply(530, '7.0', 'Issue STARTTLS first')
export const lineTooLong = reply(421, '5.2', 'Command line too long')
export const notRecognized = reply(500, '5.2', 'Command not recognized')
export const notMail = reply(421, '5.2', 'This is a mail server')
export const greetWithLhlo = reply(500, '5.1', 'This is LMTP: greet with LHLO')
export const greetWithEhlo = reply(500, '5.1', 'This is SMTP: greet with EHLO or HELO')
export const badGreeting = reply(501, '5.4', 'Greet with a host name or an address literal')
export const badParameter = reply(501, '5.4', 'Parameter not understood')
export const noParameterAllowed = reply(501, '5.4', 'This command takes no parameter')
export const needParameter = reply(501, '5.4', 'This command needs a parameter')
export const parameterNotSupported = reply(555, '5.4', 'Parameter not supported')
export const notImplemented = reply(502, '5.1', 'Command not implemented')
export const greetFirst = reply(503, '5.1', 'Greet first')
export const nestedMail = reply(503, '5.1', 'A transaction is open already')
export const needMail = reply(503, '5.1', 'MAIL first')
export const needRecipient = reply(503, '5.1', 'No recipient was accepted')
export const forwardNotAllowed = reply(550, '7.1', 'XFORWARD is for listed peers only')

// MAIL
export const senderOk = reply(250, '1.0', 'Sender ok')
export const badSender = reply(501, '1.7', 'Sender address not understood')
export const senderNeedsUtf8 = reply(550, '6.7', 'Address needs SMTPUTF8')
export const tooLarge = reply(552, '3.4', 'Message larger than accepted here')

// RCPT
export const recipientOk = reply(250, '1.5', 'Recipient ok')
export const badRecipient = reply(501, '1.3', 'Recipient address not understood')
export const relayingDenied = reply(550, '7.1', 'Relaying denied')
export const unknownRecipient = reply(550, '1.1', 'No such recipient here')
export const keyExpired = reply(550, '1.1', 'This address has expired')
export const keyRevoked = reply(550, '1.1', 'This address was withdrawn')
export const keyUnavailable = reply(451, '4.3', 'Recipient cannot be checked now, try again later')
export const tooManyRecipients = reply(452, '5.3', 'Too many recipients, send to the others in a new transaction')
export const postmasterBusy = reply(452, '2.2', 'Postmaster mailbox is full, try again later')
export const automaticMail = reply(550, '7.1', 'Automatic mail is not accepted at this address')

// End of data
export const accepted = reply(250, '6.0', 'Accepted')
export const bareLineEnding = reply(554, '6.11', 'Bare CR, bare LF or NUL in message')
export const mailLoop = reply(554, '4.6', 'Mail loop detected')
export const noKeyInMessage = reply(550, '1.1', 'Message is no reply to one of ours')
export const dmarcFailed = reply(550, '7.26', 'Message fails the DMARC policy of the domain in its From field (RFC 9989)')
export const spfFailed = reply(550, '7.23', 'SPF of the sender domain does not permit this client (RFC 7208)')
export const senderUnverified = reply(550, '7.1', 'The From address could not be verified, and this recipient needs it (SPF, DKIM, DMARC)')
export const senderNotBound = reply(550, '7.1', 'This address is for another sender')
export const senderUnknownYet = reply(451, '4.3', 'Sender cannot be verified now, try again later')
export const spoolFull = reply(452, '3.1', 'Insufficient storage, try again later')
export const applicationRefused = reply(550, '7.1', 'Refused by the application:')
export const applicationLate = reply(451, '4.3', 'The application gave no answer in time, try again later')
export const temporaryFailure = reply(451, '3.0', 'Temporary failure, try again later')

// Made of what the site is: its name, its limits
export const lineEnding = reply(500, '5.2', 'End command lines with CRLF')
export const greeting = (hostname: string, service: 'ESMTP' | 'LMTP') => reply(220, null, `${hostname} ${service} Postern`)
/** EHLO and LHLO answer with several lines; the first names the server, the others what it can do (RFC 5321 4.1.1.1). */
export const capabilities = (hostname: string, keywords: readonly string[]) => [hostname, ...keywords].map(text => reply(250, null, text))
export const hello = (hostname: string) => reply(250, null, hostname)
