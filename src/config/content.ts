/**
 * `content` and `links`: what reading a message may cost, and where its parts can be fetched by those who are given a link.
 * A message that costs more is handed over all the same, without its parsed view.
 */
import * as z from 'zod'
import { duration, oneUrl, section, size, whole } from './leaves.ts'

const KiB = 1024
const MiB = 1024 * KiB
const GiB = 1024 * MiB
const second = 1_000
const minute = 60 * second
const day = 24 * 60 * minute

export const contentSection = section(
  'What reading one message may cost, in a thread of its own (docs/content.md). One that costs more is handed over unread.',
  {
    workers: whole('Threads that read messages.', { min: 1, max: 64 }).prefault(1),
    time: duration('For one message.', { min: 100, max: 5 * minute }).prefault('10s'),
    memory: size('Of one thread.', { min: 64 * MiB, max: 16 * GiB }).prefault('256MiB'),
    size: size('Largest message that is read.', { min: KiB, max: GiB }).prefault('32MiB'),
    parts: whole('MIME parts.', { min: 1, max: 100_000 }).prefault(1_000),
    depth: whole('Parts within each other.', { min: 1, max: 1_000 }).prefault(30),
    addresses: whole('Addresses in the header.', { min: 1, max: 1_000_000 }).prefault(2_000),
    header: size('The header of the message.', { min: KiB, max: 64 * MiB }).prefault('256KiB'),
    text: size('Text that is kept; what is longer is cut.', { min: KiB, max: 64 * MiB }).prefault('1MiB'),
    html: size('HTML that is kept; what is longer is cut.', { min: KiB, max: 64 * MiB }).prefault('2MiB'),
  },
)

const urlRule = 'an http:// or https:// address without a name, password, query or fragment'
const isBase = oneUrl(
  ({ protocol, username, password, href }) => /^https?:$/.test(protocol) && username + password === '' && !/[?#]/.test(href),
)

export const linksSection = section(
  'Links to raw messages and attachments, for processors: good for a time, without a token. If the section is left out, there are none.',
  {
    url: z
      .string({ error: urlRule })
      .refine(isBase, { error: urlRule })
      .transform(url => url.replace(/\/+$/, ''))
      .meta({ description: 'Where the HTTP listener is reached; `/attachments/…` is added.', kind: 'url' }),
    expires: duration('How long a link is good, from when the message came.', { min: minute, max: 365 * day }).prefault('7d'),
  },
)
