/**
 * A push and the mark that says it was done, as one step of the server: after a crash, or an answer that got lost, the next
 * attempt finds the mark and pushes nothing. Redis undoes nothing when a script fails, so what might be refused comes first:
 * a mark that can't be written keeps anything from being pushed, and a push that is refused takes its mark along.
 */
import { redisScript, type Script } from '../../../lib/redis/script.ts'

/** What a mark says while nothing has been pushed: it counts as none. */
const nothing = '-'

/**
 * `push`: Lua that sets `pushed` by redis.pcall to what the mark is to say, or to an error. It has the mark's name in KEYS[1] and its
 * milliseconds in ARGV[1]; the rest is its own. The script gives 1 and the mark, or 0 and the mark of the push that was done before.
 * Without keys it does nothing: a question to try out a connection.
 */
export const markedScript = (push: string): Script =>
  redisScript(`if #KEYS == 0 then return 0 end
local known = redis.call('GET', KEYS[1])
if known and known ~= '${nothing}' then return {0, known} end
redis.call('SET', KEYS[1], '${nothing}', 'PX', ARGV[1])
local pushed
${push}
if type(pushed) == 'table' and pushed.err then
  redis.call('SET', KEYS[1], '${nothing}', 'PX', 1)
  return pushed
end
redis.call('SET', KEYS[1], pushed, 'PX', ARGV[1])
return {1, pushed}
`)

/**
 * In a cluster a mark lies where the key lies that it is about. The processor's name is in it: two processors that push the same
 * delivery to one place are two hand-overs.
 */
export function markName(key: string, processor: string, idempotencyId: string): string {
  const hashed = /\{[^}]+\}/.test(key) ? key : `{${key}}`
  return `postern:mark:${hashed}:${processor}:${idempotencyId}`
}
