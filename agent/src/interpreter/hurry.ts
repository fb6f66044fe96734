/**
 * Settles when something is done, or in a hurry at once. Unlike `Promise.race` it leaves nothing behind on what outlives
 * it: one run waits a million times.
 */
export async function unlessHurried(done: Promise<void>, hurry: AbortSignal): Promise<void> {
  if (hurry.aborted) return
  await new Promise<void>((resolve) => {
    const settle = (): void => {
      hurry.removeEventListener('abort', settle)
      resolve()
    }
    hurry.addEventListener('abort', settle)
    void done.then(settle)
  })
}
