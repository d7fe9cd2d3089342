/** `processors` as the program uses it: what becomes of things that are too large is said, whether or not the file says it. */
import type { Parsed } from './schema.ts'

type Larger = 'link' | 'omit'
type ParsedProcessor = Parsed['processors'][string]
type Kind<Name extends string> = Extract<ParsedProcessor, { readonly [N in Name]: unknown }>
type ParsedWebhook = Kind<'webhook'>['webhook']
type ParsedStream = Kind<'redis-stream'>['redis-stream']
type Settled<Event extends { larger?: Larger }> = Omit<Event, 'larger'> & { larger: Larger }

export type WebhookConfig = Omit<ParsedWebhook, 'event'> & { event: Settled<ParsedWebhook['event']> }
export type RedisStreamConfig = Omit<Settled<ParsedStream>, 'event'> & { event: Settled<ParsedStream['event']> }

/** One key, which tells the kind. */
export type ProcessorConfig =
  | { webhook: WebhookConfig }
  | { 'redis-stream': RedisStreamConfig }
  | Kind<'sidekiq'>
  | Kind<'command'>
  | Kind<'maildir'>
  | Kind<'inbox'>

/** `usual`: what becomes of larger things where nothing is said. */
export function settleProcessors(processors: Parsed['processors'], usual: Larger): Record<string, ProcessorConfig> {
  return Object.fromEntries(Object.entries(processors).map(([name, processor]) => [name, settleProcessor(processor, usual)]))
}

function settleProcessor(processor: ParsedProcessor, usual: Larger): ProcessorConfig {
  const settled = <Event extends { larger?: Larger }>(event: Event) => ({ ...event, larger: event.larger ?? usual })
  if ('webhook' in processor) return { webhook: { ...processor.webhook, event: settled(processor.webhook.event) } }
  if (!('redis-stream' in processor)) return processor
  const stream = processor['redis-stream']
  return { 'redis-stream': { ...settled(stream), event: settled(stream.event) } }
}
