/** Waits for something that another part of the process is about to do; fails after 20 seconds, and says what did not come. */
export async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 20_000
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`never came true: ${holds}`)
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}
