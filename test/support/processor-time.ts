/**
 * What work costs this thread, for tests that guard against work that grows faster than its input. Processor time and no time on
 * a clock: on a machine that stalls, or has others to serve, the clock goes on while nothing is done.
 */
const spent = (since: NodeJS.CpuUsage): number => {
  const { user, system } = process.threadCpuUsage(since)
  return (user + system) / 1000
}

/** Milliseconds of the processor. */
export function processorTime(work: () => unknown): number {
  const before = process.threadCpuUsage()
  work()
  return spent(before)
}

/** The same of work that waits in between: what else the thread does meanwhile is counted in. */
export async function processorTimeOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.threadCpuUsage()
  await work()
  return spent(before)
}
