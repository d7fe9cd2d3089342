/** A line on standard output before the next thing is done. A reader that is slow leaves no room in the pipe: it is waited for. */
import { writeSync } from 'node:fs'

const never = new Int32Array(new SharedArrayBuffer(4))

export function writeLine(line: string): void {
  for (let left = Buffer.from(`${line}\n`); left.length > 0; ) {
    try {
      left = left.subarray(writeSync(1, left))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      Atomics.wait(never, 0, 0, 5)
    }
  }
}
