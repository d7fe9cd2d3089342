import { describe, expect, test } from 'vitest'
import { errorCode } from '../../../src/lib/redis/state-log.ts'

// What Redis 7 and 6 say of the same errors.
const wrapped = 'ERR Error running script (call to f_0123456789abcdef): @user_script:6: '

describe('the code of an error', () => {
  test.each([
    ['WRONGTYPE Operation against a key holding the wrong kind of value', 'WRONGTYPE'],
    ['WRONGTYPE Operation against a key script: 0123, on @user_script:6.', 'WRONGTYPE'],
    [`${wrapped}WRONGTYPE Operation against a key holding the wrong kind of value`, 'WRONGTYPE'],
    [`${wrapped}-OOM command not allowed when used memory > 'maxmemory'.`, 'OOM'],
    ["ERR The user executing the script can't run this command or subcommand", 'NOPERM'],
    [`${wrapped}The user executing the script can't access at least one of the keys mentioned in the command arguments`, 'NOPERM'],
    ['ERR unknown command', 'ERR'],
    ['no answer within 500 ms', 'no'],
    ['', ''],
  ])('%s', (text, code) => {
    expect(errorCode(text)).toBe(code)
  })
})
