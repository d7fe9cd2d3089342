/**
 * Public keys (RFC 6376 3.6.1), each made once for the record it comes from and kept in the form that crypto takes: reading one
 * costs more than verifying with it. Key records are read leniently, as everybody reads them: a stray semicolon in the DNS is the
 * key's owner's, not the message's, and no forger can use it. Signatures are read strictly.
 */
import { createPublicKey } from 'node:crypto'
import { setImmediate as yielded } from 'node:timers/promises'
import type { BoundedMap } from '../lib/bounded-map.ts'
import { bounds } from './bounds.ts'
import { isTemporary } from './lookups.ts'
import { getPublicKey, type KeyCache, type KeyRecord, type MailauthResolver } from './mailauth.ts'

/** By hash algorithm and record. One for each worker. */
export type KeptKeys = BoundedMap<string, KeyRecord>

export interface MessageKeys extends KeyCache {
  /** A key of the ARC chain could not be had, and may be later. */
  readonly chainTemporary: boolean
}

/** `resolve` is that of the message. Seals of a chain are verified with a breath between them. */
export function createKeyCache(resolve: MailauthResolver, kept: KeptKeys): MessageKeys {
  let chainTemporary = false
  const asked = new Map<string, Promise<KeyRecord>>()
  const find = (name: string, hash: string): Promise<KeyRecord> => {
    const question = `${hash} ${name}`
    let answer = asked.get(question)
    if (answer === undefined) {
      answer = findKey(name, { hash, resolve, kept })
      answer.catch(() => {})
      asked.set(question, answer)
    }
    return answer
  }
  const give = async (type: string, found: Promise<KeyRecord>): Promise<KeyRecord> => {
    try {
      return await found
    } catch (error) {
      if (type !== 'DKIM' && isTemporary(error)) chainTemporary = true
      throw error
    } finally {
      if (type === 'AS') await yielded()
    }
  }
  return {
    resolver: resolve,
    get chainTemporary() {
      return chainTemporary
    },
    get(type, name, _leastBits, options) {
      const key = give(type, find(name, options?.hashAlgo ?? 'sha256'))
      // mailauth asks ahead for keys that it may never wait for.
      key.catch(() => {})
      return key
    },
  }
}

interface Finding {
  readonly hash: string
  readonly resolve: MailauthResolver
  readonly kept: KeptKeys
}

async function findKey(name: string, { hash, resolve, kept }: Finding): Promise<KeyRecord> {
  const records = await resolve(name, 'TXT')
  const text = `${hash} ${[records[0] ?? []].flat().join('')}`
  const known = kept.get(text)
  if (known !== undefined) return known
  const key = await getPublicKey('DKIM', name, bounds.leastBits, async () => records, { strict: false, hashAlgo: hash })
  if ((key.modulusLength ?? 0) > bounds.mostBits) throw Object.assign(new Error('key too long'), { code: 'EINVALIDVAL' })
  const ready = { ...key, publicKey: createPublicKey(key.publicKey as string) }
  kept.set(text, ready)
  return ready
}
