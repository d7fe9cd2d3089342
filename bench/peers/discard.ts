/** Peer (a): smtp-server alone, LMTP, that reads each message and keeps nothing: what the protocol costs. `discard.ts PORT` */
import { servePeer } from './greet-at-once.ts'

servePeer({
  lmtp: true,
  onData(stream, session, done) {
    stream.on('end', () =>
      done(
        null,
        session.envelope.rcptTo.map(() => '2.6.0 Accepted'),
      ),
    )
    stream.resume()
  },
})
