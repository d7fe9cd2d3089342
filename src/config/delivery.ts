/**
 * `delivery`: when processors are called, again and again if need be, and what clients wait for. What must agree among the
 * times is checked in check-times.ts.
 */
import * as z from 'zod'
import { duration, oneOf, section, whole } from './leaves.ts'

const second = 1_000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

/** A route may say it too. */
export const handoff = oneOf(
  'When the client is answered: once the message is safe (queued), or once the application was asked (inline), so that its refusal is the reply. An inbox can’t be asked.',
  ['queued', 'inline'],
)

const factorRule = 'a number from 1 to 10'

export const deliverySection = section('How processors are called.', {
  handoff: handoff.prefault('queued'),
  inline: section('Where the application is asked before the client is answered.', {
    deadline: duration('How long the client may wait for it.', { min: 100, max: 5 * minute }).prefault('20s'),
    late: oneOf(
      'When there is no verdict by then, or none can be had: the message is taken and queued, or the client is told to come again (defer).',
      ['queue', 'defer'],
    ).prefault('queue'),
  }).prefault({}),
  retry: section('When a processor can’t take a message: the pause doubles until `max`, and after `for` the delivery has failed.', {
    first: duration('Pause after the first attempt.', { min: second, max: day }).prefault('1m'),
    factor: z
      .number({ error: factorRule })
      .min(1, { error: factorRule })
      .max(10, { error: factorRule })
      .meta({ description: 'Each pause is this many times the one before.' })
      .prefault(2),
    max: duration('Longest pause.', { min: second, max: 7 * day }).prefault('12h'),
    for: duration('When to give up.', { min: second, max: 30 * day }).prefault('3d'),
  }).prefault({}),
  pause: section('When calls of a processor fail in a row: it is left alone but for one call now and then, until one succeeds.', {
    after: whole('So many in a row; 0: never.', { min: 0, max: 1_000_000 }).prefault(10),
    longest: duration('Longest time between two such calls.', { min: second, max: day }).prefault('1m'),
  }).prefault({}),
})
