/** What an event carries of a message's attachments: the same for every processor that is given events (docs/event.md). */
import * as z from 'zod'
import { oneOf, size } from './leaves.ts'

const MiB = 1024 * 1024

export const attachments = size('Attachments of up to this size are in the event itself.', { min: 0, max: 64 * MiB }).prefault('256KiB')

export const largerAttachments = z.exactOptional(
  oneOf('Larger attachments: a link, or name, type, size and hash alone. If left out: a link where there are `links`.', ['link', 'omit']),
)
