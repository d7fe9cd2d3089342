/** The service that Postfix asks about each recipient (`check_policy_service`), on TCP or a UNIX socket. */
import type { Guard } from '../../transaction/guard.ts'
import { type AskListener, type AskListenerOptions, openAskListener } from '../ask-listener.ts'
import { answerPolicy, sorry } from './answer.ts'
import { createTold } from './origin.ts'
import { policyReader } from './request.ts'

/** `guard`: the one of the mail listeners, so that a client is counted once. Rejects, with nothing left open, where the place can't be had. */
export function openPolicyService(options: AskListenerOptions & { readonly guard: Guard }): Promise<AskListener> {
  const parts = { guard: options.guard, told: createTold() }
  return openAskListener('policy', options, {
    reader: policyReader,
    answer: request => answerPolicy(options.site(), parts, request),
    sorry,
  })
}
