/** The sample application, as a person with a browser uses it. */
import { setTimeout as sleep } from 'node:timers/promises'

export interface Got {
  readonly mails: readonly { readonly subject: string; readonly claims: { readonly subject?: string } }[]
  /** How it answered Postern's calls, newest first. */
  readonly calls: readonly string[]
}

export interface Application {
  mint(kind: 'signed' | 'redis', subject: string): Promise<string>
  answer(answer: '200' | '404' | '500' | 'time-out', calls?: number): Promise<void>
  got(): Promise<Got>
  /** Waits until as many mails as `subjects` came with these subjects, each once. */
  awaitMails(subjects: readonly string[]): Promise<void>
}

export function application(url: string): Application {
  async function post(path: string, form: Record<string, string>): Promise<{ address: string }> {
    const response = await fetch(url + path, { method: 'POST', body: new URLSearchParams(form), headers: { accept: 'application/json' } })
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    return (await response.json()) as { address: string }
  }
  const got = async () => (await (await fetch(`${url}/mails`)).json()) as Got
  return {
    got,
    mint: async (kind, subject) => (await post('/addresses', { kind, subject })).address,
    answer: async (answer, calls) => void (await post('/answer', { answer, calls: String(calls ?? '') })),
    async awaitMails(subjects) {
      let counts: readonly number[] = []
      for (const end = Date.now() + 90_000; Date.now() < end; await sleep(500)) {
        const { mails } = await got()
        counts = subjects.map(subject => mails.filter(mail => mail.subject === subject).length)
        if (counts.some(count => count > 1)) break
        if (counts.every(count => count === 1)) return
      }
      throw new Error(`mails that came: ${subjects.map((subject, at) => `${subject}: ${counts[at]}`).join(', ')}`)
    },
  }
}
