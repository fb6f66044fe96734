import { type ReactNode, useState } from 'react'
import { StreamLog } from './stream-log.tsx'
import { type Follow, useFollowedLog } from './use-followed-log.ts'

/** Pieces of a log as they come. */
export type ReadPieces = (push: (text: string) => void, signal: AbortSignal) => Promise<void>

/**
 * The log of how something is made: as it comes while `isLive`, else as it was kept. `whileEmpty`: what is said before the
 * first line.
 */
export function BuildLogView({
  label,
  isLive,
  whileEmpty,
  read,
}: {
  label: string
  isLive: boolean
  whileEmpty: string
  /** `isLive`: to the end of what is being made */
  read: (isLive: boolean) => ReadPieces
}): ReactNode {
  // It ends by itself with what it tells of; the end is no reason to read it again.
  const [follow] = useState(() => {
    const pieces = read(isLive)
    const follow: Follow = (push, signal) => pieces((text) => push('stdout', text), signal)
    return follow
  })
  const { log, status, reason } = useFollowedLog(follow)
  if (status === 'failed') return <p className="quiet small">The log is not there: {reason}</p>
  return (
    <div className="build-log" data-live={isLive}>
      <StreamLog label={label} log={log} whileEmpty={status === 'ended' ? 'It told nothing.' : whileEmpty} />
    </div>
  )
}

/** Passes on what a stream of a log has, to its end. */
export async function readPieces(
  stream: ReadableStream<Uint8Array>,
  push: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const decoder = new TextDecoder()
  const reader = stream.getReader()
  for (let next = await reader.read(); next.done !== true && !signal.aborted; next = await reader.read())
    push(decoder.decode(next.value, { stream: true }))
}

/** looks after the end of a log whether what it tells of has ended too */
const mostLooks = 5
const lookMs = 1000

/**
 * Waits a moment until what a log has told of is made. The platform ends a log also when it stops itself, and goes on with
 * the making when it is back. Throws when it goes on: then there is more to read.
 */
export async function untilMade(isMaking: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
  for (let looks = 0; looks < mostLooks && !signal.aborted; looks += 1) {
    if (!(await isMaking())) return
    await new Promise((resolve) => setTimeout(resolve, lookMs))
  }
  if (!signal.aborted) throw new Error('The log has ended before what it tells of')
}
