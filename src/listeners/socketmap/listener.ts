/** The table of recipients that Postfix looks up (`relay_recipient_maps`), on TCP or a UNIX socket. */
import { type AskListener, type AskListenerOptions, openAskListener } from '../ask-listener.ts'
import { answerSocketmap, sorry } from './answer.ts'
import { netstringReader } from './netstring.ts'

/** Rejects, with nothing left open, where the place can't be had. */
export const openSocketmap = (options: AskListenerOptions): Promise<AskListener> =>
  openAskListener('socketmap', options, {
    reader: netstringReader,
    answer: request => answerSocketmap(options.site(), request),
    sorry,
  })
