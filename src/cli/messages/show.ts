/** `postern messages show ID`: who sent it, how it was decided, what became of each delivery, and what is in it. */
import type { Content } from '../../mail/content.ts'
import type { DeliveryView, MessageView } from '../../transaction/desk.ts'
import type { Commands } from './commands.ts'
import type { MessagesDesk } from './desk.ts'
import { plain, json as printed, time } from './plain.ts'

const width = 300
/** Lines of an answer, from each end. */
const shownOfEnds = 50

/** Gives the exit status: 1 where there is no such message. */
export async function show(
  desk: MessagesDesk,
  { id, json }: { readonly id: string; readonly json: boolean },
  { print, warn }: Commands,
): Promise<number> {
  const message = await desk.view(id)
  if (message === null) {
    warn(`No message ${plain(id, 100)} in ${desk.where}.`)
    return 1
  }
  const content = await desk.content(id)
  if (json) print(printed({ message, content }, 2))
  else print([...head(message), ...decisions(message), ...message.deliveries.flatMap(delivery), ...inside(content)].join('\n'))
  return 0
}

const field = (name: string, value: string): string => `${name.padEnd(14)} ${plain(value, width)}`

function head(message: MessageView): string[] {
  const { authentication, client } = message
  return [
    field('Id', message.id),
    field('Received', `${time(message.received)} UTC by ${message.protocol} at ${message.listener}`),
    field('Reverse-path', message.sender === '' ? '<>' : message.sender),
    field('From', message.from),
    field('Subject', message.subject),
    field('Message-ID', message.messageId),
    field('Client', `${client.address ?? 'local'}${client.name === null ? '' : ` (${client.name})`}`),
    field('Size', `${message.size} octets${message.truncated ? ', cut off' : ''}`),
    field('Authentication', authentication === null ? 'not checked' : summary(authentication)),
  ]
}

const summary = ({ from, spf, dmarc }: NonNullable<MessageView['authentication']>): string =>
  `${from.authenticated ? `${from.address} by ${from.how}` : 'From is not authenticated'}; spf ${spf.result}, dmarc ${dmarc.result}`

const decisions = ({ decisions: all }: MessageView): string[] => [
  '',
  'Decisions',
  ...all
    .slice(0, 100)
    .map(
      one =>
        `  ${one.stage.padEnd(8)} ${one.verdict.padEnd(8)} ${plain([one.recipient, one.reason, one.detail].filter(Boolean).join('  '), width)}`,
    ),
]

function delivery(one: DeliveryView): string[] {
  const lines = [
    '',
    `${one.about === null ? 'Delivery' : 'Notice'} ${one.id}: ${one.state}${one.reason === null ? '' : ` (${one.reason})`}`,
    field('  Recipient', one.recipient),
    one.about === null
      ? field('  Route', `${one.mailbox}/${one.route}, key ${one.key === '' ? 'none' : one.key}`)
      : field('  About', `${one.about.recipient}: ${one.about.reason}`),
    field('  Processor', `${one.processor}, ${one.attempts} ${one.attempts === 1 ? 'attempt' : 'attempts'}`),
  ]
  if (one.detail !== '') lines.push(field('  Last attempt', one.detail))
  if (one.answer !== null) lines.push('  Answer', ...written(one.answer))
  if (one.due !== null) lines.push(field('  Next attempt', `${time(one.due)} UTC`))
  return [...lines, field('  Idempotency', one.idempotencyId)]
}

/** The first and the last lines, as they were indented; all of them stand on the page and in `--json`. */
function written(answer: string): string[] {
  const lines = answer
    .split('\n')
    .map(line => `    ${line.match(/^[ \t]{0,40}/)![0].replaceAll('\t', '  ')}${plain(line.trimStart(), width)}`)
  const left = lines.length - 2 * shownOfEnds
  return left <= 1 ? lines : [...lines.slice(0, shownOfEnds), `    [${left} lines]`, ...lines.slice(-shownOfEnds)]
}

function inside(content: Content | null): string[] {
  if (content === null) return []
  if (content.status !== 'parsed') return ['', field('Content', `${content.status}: ${content.problem}`)]
  const text = content.reply?.text || content.text || ''
  return [
    '',
    field('Text', text === '' ? 'none' : text),
    ...content.attachments
      .slice(0, 100)
      .map(one => field(`Attachment ${one.index}`, `${one.name ?? 'without a name'}, ${one.type}, ${one.size} octets`)),
  ]
}
