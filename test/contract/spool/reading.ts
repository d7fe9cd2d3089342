/** A body may be read before it is kept: BodySink.read of transaction/ports.ts. Part of the suite for spools. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { type BodySink, type MessageOctets, SpoolUnavailable } from '../../../src/transaction/ports.ts'
import { accept, collect, message, octets, write } from './messages.ts'
import type { Subject } from './suite.ts'

async function all(read: MessageOctets): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of read) chunks.push(Uint8Array.from(chunk))
  return Buffer.concat(chunks)
}

/** The iterator of a body so large that it is not in memory. */
function pieces(sink: BodySink): AsyncIterator<Uint8Array> {
  const read = sink.read()
  if (!(Symbol.asyncIterator in read)) throw new Error('expected a body that is read piece by piece')
  return read[Symbol.asyncIterator]()
}

export function readingContract(name: string, subject: () => Subject): void {
  describe(`${name}: reading what is not yet kept`, () => {
    it.each([0, 18, 16_384, 16_385, 65_536, 65_537, 131_072, 262_144, 262_145, 327_680, 1_000_003])(
      'gives %d octets as they were written, twice, and they are kept all the same',
      async size => {
        const { spool } = subject()
        const body = size < 18 ? Buffer.alloc(size) : octets(size - 18)
        const one = message({ bodyStart: 0 })
        const sink = spool.open()
        await write(sink, body, 30_011)
        expect((await all(sink.read())).equals(body)).toBe(true)
        expect((await all(sink.read())).equals(body)).toBe(true)
        await sink.commit(one)
        expect((await collect(await spool.raw(one.id))).equals(body)).toBe(true)
        await subject().reopen()
        expect((await collect(await subject().spool.raw(one.id))).equals(body)).toBe(true)
      },
    )
    it('knows a repeat of what was read', async () => {
      const { spool } = subject()
      for (const size of [100, 50_000, 400_000]) {
        const [one, body] = [message(), octets(size)]
        await accept(spool, one, body)
        const sink = spool.open()
        await write(sink, body)
        await all(sink.read())
        expect(await sink.commit(message({ deliveries: one.deliveries }))).toEqual({ deliveries: [{ kind: 'repeat', message: one.id }] })
      }
    })
    it('keeps apart what is read at once, while others come and go', async () => {
      const { spool } = subject()
      const read = async (size: number): Promise<boolean> => {
        const [body, sink] = [octets(size), spool.open()]
        await write(sink, body, 10_007)
        const same = (await all(sink.read())).equals(body)
        await sink.commit(message())
        return same
      }
      const sizes = [10, 20_000, 300_000, 70_000, 17_000, 500_000, 200_000, 3_000]
      expect(await Promise.all([...sizes, ...sizes].map(read))).toEqual(Array(16).fill(true))
    })
    it('shows no octets of others to who still reads an aborted body', async () => {
      const { spool } = subject()
      const [body, sink] = [octets(40_000), spool.open()]
      await write(sink, body)
      const read = sink.read()
      sink.abort()
      for (let i = 0; i < 8; i++) await accept(spool, message(), octets(40_000))
      expect((await all(read)).equals(body)).toBe(true)
    })
    it('ends the reading of a large body that is aborted, and goes on without it', async () => {
      const { spool } = subject()
      const sink = spool.open()
      await write(sink, octets(900_000))
      const reading = pieces(sink)
      expect((await reading.next()).done).toBe(false)
      sink.abort()
      await expect(reading.next()).rejects.toThrow(SpoolUnavailable)
      expect(spool.status().writable).toBe(true)
      await accept(spool, message())
      expect(await spool.list({})).toHaveLength(1)
    })
    it('can be left in the middle', async () => {
      const { spool } = subject()
      const [one, body, sink] = [message(), octets(900_000), spool.open()]
      await write(sink, body)
      for await (const piece of sink.read()) if (piece.length > 0) break
      await sink.commit(one)
      expect((await collect(await spool.raw(one.id))).equals(body)).toBe(true)
    })
    it('can not be read after its end', async () => {
      const { spool } = subject()
      const sink = spool.open()
      await write(sink, octets(10))
      await sink.commit(message())
      expect(() => sink.read()).toThrow(/after its end/)
    })
    it('takes little memory for 25 MB, however slowly it is read', async () => {
      setFlagsFromString('--expose-gc')
      const collectGarbage = runInNewContext('gc') as () => void
      const used = (): number => {
        collectGarbage()
        return process.memoryUsage().arrayBuffers
      }
      const { spool } = subject()
      const sink = spool.open()
      const piece = Buffer.alloc(65_536, 'x')
      for (let i = 0; i < 400; i++) await sink.write(Uint8Array.from(piece))
      const before = used()
      let [size, largest, peak] = [0, 0, 0]
      for await (const chunk of sink.read()) {
        size += chunk.length
        largest = Math.max(largest, chunk.length)
        if (size % (64 * 65_536) === 0) peak = Math.max(peak, used() - before)
      }
      expect(size).toBe(400 * 65_536)
      expect(largest).toBeLessThanOrEqual(65_536)
      // Other octets of the process come and go beside it.
      expect(peak).toBeLessThan(8_000_000)
      sink.abort()
    })
  })
}
