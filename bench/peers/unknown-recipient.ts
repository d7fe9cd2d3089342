/** Peer for refusals: smtp-server alone, SMTP, that looks each recipient up in a Map and finds none. `unknown-recipient.ts PORT` */
import { servePeer } from './greet-at-once.ts'

const known = new Map([['incoming+good@incoming.example.com', true]])

servePeer({
  authOptional: true,
  onRcptTo(address, _session, done) {
    if (known.has(address.address)) return done()
    done(Object.assign(new Error('5.1.1 No such recipient here'), { responseCode: 550 }))
  },
})
