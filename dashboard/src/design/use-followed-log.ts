import { DaytonaError } from '@sandyard/sdk'
import { useEffect, useRef, useState } from 'react'
import { createLogLines, emptyLog, type LogState, type Stream } from './log-lines.ts'
import { createPaced } from './paced.ts'
import { useIsLookedAt } from './use-is-looked-at.ts'

/** Reads a log from its beginning to the end of what writes it. */
export type Follow = (push: (stream: Stream, text: string) => void, signal: AbortSignal) => Promise<void>

/** A log that is followed. `lost`: the connection is being made again; `failed`: it will not be there. */
export interface FollowedLog {
  readonly log: LogState
  readonly status: 'live' | 'lost' | 'ended' | 'failed'
  /** why it failed */
  readonly reason: string | null
}

/** How often what has come is drawn, ms. */
const drawMs = 80
const longestWaitMs = 8000
/** A page that nobody sees lets go of the log after this, so that it does not keep a sandbox from its rest, ms. */
const graceMs = 60_000

/**
 * Follows a log while somebody looks. After a break it is read from its beginning again, and what is shown stays until it
 * comes. `follow` must be the same function as long as it is the same log; null: nothing to follow.
 */
export function useFollowedLog(follow: Follow | null, onEnd?: () => void): FollowedLog {
  const [shown, setShown] = useState<FollowedLog>({ log: emptyLog, status: 'live', reason: null })
  const isLookedAt = useIsLookedAt(graceMs)
  const ended = useRef(onEnd)
  const whole = useRef<Follow | null>(null)
  useEffect(() => {
    ended.current = onEnd
  })
  useEffect(() => {
    // What has been read to its end does not change any more.
    if (follow === null || !isLookedAt || whole.current === follow) return
    const leaving = new AbortController()
    const { signal } = leaving
    void run(follow, signal, (next) => {
      if (signal.aborted) return
      setShown(next)
      if (next.status !== 'ended') return
      whole.current = follow
      ended.current?.()
    })
    return () => leaving.abort()
  }, [follow, isLookedAt])
  return shown
}

async function run(follow: Follow, signal: AbortSignal, tell: (shown: FollowedLog) => void): Promise<void> {
  let log = emptyLog
  for (let waitMs = 500; !signal.aborted; waitMs = Math.min(waitMs * 2, longestWaitMs)) {
    const lines = createLogLines()
    const draw = (status: FollowedLog['status'], reason: string | null = null): void => {
      paced.stop()
      const now = lines.state()
      if (now.blocks.length > 0 || status === 'ended') log = now
      tell({ log, status, reason })
    }
    const paced = createPaced(drawMs, () => draw('live'))
    const push = (stream: Stream, text: string): void => {
      waitMs = 500
      lines.push(stream, text)
      paced.soon()
    }
    try {
      await follow(push, signal)
      return draw('ended')
    } catch (error) {
      if (signal.aborted) return paced.stop()
      const { statusCode = 0 } = error instanceof DaytonaError ? error : {}
      if (statusCode >= 400 && statusCode < 500 && statusCode !== 429) return draw('failed', (error as Error).message)
      draw('lost')
    }
    await new Promise((resolve) => setTimeout(resolve, waitMs))
  }
}
