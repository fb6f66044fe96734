/**
 * Ends this process at SIGINT or SIGTERM only after `clean` is through; a second signal ends it at once. Where there are
 * no signals, as in browsers, nothing happens. Gives a function that takes it back.
 */
export function cleanUpAtSignals(clean: () => Promise<void>): () => void {
  const codes = { SIGINT: 130, SIGTERM: 143 } as const
  if (typeof process !== 'object' || typeof process.once !== 'function') return () => {}
  const listeners = Object.entries(codes).map(([signal, code]) => {
    const listener = (): void => {
      stop()
      // Whatever became of it, the process was told to end.
      void clean()
        .catch(() => {})
        .finally(() => process.exit(code))
    }
    process.once(signal, listener)
    return { signal, listener }
  })
  function stop(): void {
    for (const { signal, listener } of listeners) process.removeListener(signal, listener)
  }
  return stop
}
