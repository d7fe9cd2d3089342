/** A site that checks who sent a message, with a scripted authenticator, and a message for it. */
import type { Route, Site } from '../../../src/transaction/site.ts'
import { type Script, type ScriptedAuthenticator, scriptedAuthenticator } from '../../support/scripted-authenticator.ts'
import { type TestSite, testSite } from '../../support/site.ts'

export const good = 'incoming+GoodKey@in.test'
export const plain = 'From: Writer <writer@example.org>\r\nSubject: hello\r\nMessage-ID: <1@example.org>\r\n\r\nhello\r\n'

interface More {
  readonly origins?: Partial<Site['origins']>
  readonly route?: Partial<Route>
  readonly site?: Partial<Site>
}

/** `origins` over those of the test site; the mailbox `incoming` has one route with `route`. */
export function checking(script: Script, more: More = {}): { site: TestSite; asked: ScriptedAuthenticator['asked'] } {
  const authenticator = scriptedAuthenticator(script)
  const base = testSite()
  const mailbox = base.mailboxes.get('incoming')!
  const site = testSite({
    ...more.site,
    origins: { ...base.origins, authenticator, ...more.origins },
    mailboxes: new Map([...base.mailboxes, ['incoming', { ...mailbox, routes: [{ ...mailbox.routes[0]!, ...more.route }] }]]),
  })
  return { site, asked: authenticator.asked }
}
