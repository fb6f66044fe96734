import { openSync } from 'node:fs'

/**
 * Descriptors of ours that every program we start would inherit: native code opened them, and Node has no call that
 * marks them close-on-exec.
 */
const hidden = new Set<number>()

let nothing: number | null = null

/** Keeps a descriptor from programs that are started from now on. Call the returned function when it is closed. */
export function hideDescriptor(fd: number): () => void {
  hidden.add(fd)
  return () => void hidden.delete(fd)
}

/** The same places for a program's descriptors, with `/dev/null` where it would inherit a hidden one. */
export function coverHidden<Place>(stdio: readonly Place[]): (Place | 'ignore' | number)[] {
  const covered: (Place | 'ignore' | number)[] = [...stdio]
  for (const fd of hidden) {
    if (fd < stdio.length) continue
    while (covered.length < fd) covered.push('ignore')
    nothing ??= openSync('/dev/null', 'r')
    covered[fd] = nothing
  }
  return covered
}
