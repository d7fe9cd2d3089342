/** A process that hands deliveries to a Maildir, for tests that kill it: node maildir-writer.ts DIRECTORY FIRST LAST ATTEMPTS. */
import { maildir } from '../../src/delivery/processors/maildir.ts'
import { aDelivery } from './memory-queue.ts'
import { keptLog } from './quiet-log.ts'

/** Of 1 to 60 KiB, in several chunks, told apart by its number. */
export function messageOf(number: number): Buffer {
  return Buffer.concat([Buffer.from(`Subject: ${number}\r\n\r\n`), Buffer.alloc(1_024 + ((number * 7_919) % 60_000), `${number} `)])
}

export const idOf = (number: number): string => number.toString(16).padStart(32, '0')

async function main([directory, first, last, attempts]: readonly string[]): Promise<void> {
  const processor = maildir({ name: 'app', directory: directory!, concurrency: 4, log: keptLog() })
  for (let number = Number(first); number <= Number(last); number++) {
    const delivery = aDelivery({ idempotencyId: idOf(number), attempts: Number(attempts), received: number * 1_000 })
    const octets = messageOf(number)
    const outcome = await processor.deliver(
      delivery,
      {
        traceFields: () => '',
        raw: async () =>
          (async function* () {
            for (let from = 0; from < octets.length; from += 8_192) yield octets.subarray(from, from + 8_192)
          })(),
      },
      new AbortController().signal,
    )
    process.stdout.write(`${number} ${outcome.kind}\n`)
  }
}

if (import.meta.main) await main(process.argv.slice(2))
