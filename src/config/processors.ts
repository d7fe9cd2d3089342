/**
 * `processors`: who receives accepted mail, one kind each. What must agree within one, and with `links`, is checked in
 * check-processors.ts.
 */
import * as z from 'zod'
import { attachments, largerAttachments } from './event.ts'
import { duration, flag, kinds, named, oneOf, section, size, text, whole } from './leaves.ts'
import { redisServer } from './redis-server.ts'
import type { ReadSecret } from './secret.ts'
import { webhookSection } from './webhook.ts'

const second = 1_000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour
const MiB = 1024 * 1024

const markAbout = 'How long it is remembered there which mail was pushed already, so that a second attempt pushes nothing.'
const mark = () => duration(markAbout, { min: hour, max: 365 * day }).prefault('7d')
const answer = () => duration('For the whole call, connecting included.', { min: 100, max: hour }).prefault('10s')
const calls = (most: number, usual: number) => whole('Calls at once.', { min: 1, max: most }).prefault(usual)

function redisStream(read: ReadSecret) {
  return section('An entry in a Redis stream for each delivery (docs/redis-stream.md).', {
    ...redisServer(read),
    stream: text('Name of the stream.', 'the name of a stream').prefault('postern:mail'),
    'max-length': z.exactOptional(
      whole('About so many entries are kept, the oldest go, read or not. If left out: all are kept.', { min: 1, max: 1_000_000_000 }),
    ),
    raw: size('Messages of up to this size are put into the entry.', { min: 0, max: 256 * MiB }).prefault('1MiB'),
    larger: z.exactOptional(
      oneOf('Larger messages: a link in the entry, or nothing. If left out: a link where there are `links`.', ['link', 'omit']),
    ),
    event: section('What is in the event.', {
      content: flag('The parsed view. false: the application parses the raw message itself.').prefault(true),
      attachments,
      larger: largerAttachments,
    }).prefault({}),
    timeout: answer(),
    concurrency: calls(1_000, 16),
    mark: mark(),
  })
}

function sidekiq(read: ReadSecret) {
  return section('A Sidekiq job for each delivery, as mail_room pushes it (docs/sidekiq.md).', {
    ...redisServer(read),
    queue: text('Queue of the jobs.', 'the name of a queue').prefault('default'),
    class: text('Class of the worker.', 'the name of a class').prefault('EmailReceiverWorker'),
    namespace: z.exactOptional(text('Before the names of all keys, as redis-namespace writes it.', 'a name such as resque:gitlab')),
    retry: flag('Whether Sidekiq runs a job again that has failed.').prefault(false),
    timeout: answer(),
    concurrency: calls(1_000, 16),
    mark: mark(),
  })
}

const NUL = '\0'
const programRule = 'a list of up to 100 texts: the absolute path of a program, then its arguments'
const variableRule = 'the name of an environment variable that doesn’t begin with POSTERN_'
const valueRule = 'a text of up to 10000 characters without NUL'

const argument = z
  .string({ error: programRule })
  .max(10_000, { error: programRule })
  .refine(text => !text.includes(NUL), { error: programRule })

const command = section('A program run for each delivery, the message on its standard input (docs/command.md).', {
  run: z
    .array(argument, { error: programRule })
    .min(1, { error: programRule })
    .max(100, { error: programRule })
    .refine(([program]) => program?.startsWith('/') === true, { error: programRule })
    .meta({ description: 'The program by its absolute path, and its arguments. There is no shell: nothing in it is replaced.' }),
  timeout: duration('For one run; then it is ended, and run again later.', { min: 100, max: hour }).prefault('60s'),
  concurrency: calls(100, 4),
  directory: z.exactOptional(text('Folder in which it runs. If left out: that in which Postern runs.', 'the name of a folder')),
  environment: z.exactOptional(
    z
      .record(
        z.string().regex(/^(?!POSTERN_|__proto__$)[A-Za-z_][A-Za-z0-9_]{0,99}$/, { error: variableRule }),
        z
          .string({ error: valueRule })
          .max(10_000, { error: valueRule })
          .refine(text => !text.includes(NUL), { error: valueRule }),
        { error: issue => (issue.code === 'invalid_key' ? variableRule : 'a mapping from names to texts') },
      )
      .meta({ description: 'Variables beside PATH, HOME, LANG and POSTERN_…; nothing else is passed on.' }),
  ),
})

const maildir = section('A file in a Maildir for each delivery (docs/maildir.md).', {
  directory: text('The Maildir, made if it isn’t there.', 'the name of a folder'),
  concurrency: calls(100, 4),
})

export function processorsSection(read: ReadSecret) {
  const processor = kinds('Who receives mail.', {
    webhook: webhookSection(read),
    'redis-stream': redisStream(read),
    sidekiq: sidekiq(read),
    command,
    maildir,
    inbox: section('Mail stays in the spool and shows on the web page.', {}),
  })
  return named('Who receives accepted mail, by name.', processor)
}
