/**
 * Small bodies on their way into the database: those of a batch are joined in packs, each one row. The id of a pack is the
 * `seq` of the first message in it, so that it goes when no message from there on names it.
 */
import type { StatementSync } from 'node:sqlite'
import { packSize } from '../wire.ts'

/** What packs need of the store. */
export interface Statements {
  sql(text: string): StatementSync
}

export interface Packs {
  /** Takes a body in for the message with this `seq`. */
  add(seq: number, body: Uint8Array): { readonly pack: number; readonly position: number }
  /** Writes what was taken; called before the commit. */
  flush(store: Statements): void
  forget(): void
}

export function makePacks(): Packs {
  let waiting: { id: number; bodies: Uint8Array[]; size: number }[] = []
  return {
    add: (seq, body) => {
      let pack = waiting.at(-1)
      if (pack === undefined || pack.size + body.length > packSize) {
        pack = { id: seq, bodies: [], size: 0 }
        waiting.push(pack)
      }
      const place = { pack: pack.id, position: pack.size }
      pack.bodies.push(body)
      pack.size += body.length
      return place
    },
    flush: store => {
      for (const { id, bodies } of waiting) {
        const octets = bodies.length === 1 ? bodies[0]! : Buffer.concat(bodies)
        store.sql('INSERT INTO packs (id, octets) VALUES (?, ?)').run(id, octets)
      }
      waiting = []
    },
    forget: () => {
      waiting = []
    },
  }
}

/** Removes the pack that a message lay in, where that was the last one. Called after the message's row is gone. */
export function releasePack(store: Statements, pack: number): void {
  const next = store.sql('SELECT pack FROM messages WHERE seq >= ? AND pack IS NOT NULL ORDER BY seq LIMIT 1').get(pack)
  if ((next as { pack: number } | undefined)?.pack !== pack) store.sql('DELETE FROM packs WHERE id = ?').run(pack)
}
