import { useCallback } from 'react'
import { createLogLines, emptyLog, type LogState, type Stream } from '../../design/log-lines.ts'
import { createPaced } from '../../design/paced.ts'
import { useKept } from '../../design/use-kept.ts'

/** What was run, and what came of it. */
export interface Entry {
  readonly id: string
  readonly text: string
  readonly log: LogState
  readonly tookMs: number | null
  /** null while it runs */
  readonly ending: Ending | null
  /** ends it */
  readonly stop: () => void
}

/** How a run has ended. */
export interface Ending {
  readonly isGood: boolean
  /** in a word: `exit 0` */
  readonly said: string
}

/** Runs a text and pushes what it writes. */
export type RunText = (
  text: string,
  push: (stream: Stream, text: string) => void,
  signal: AbortSignal,
) => Promise<Ending>

/** What was run in one place, the newest last. It goes on when another part of the page is looked at. */
export interface Console {
  readonly entries: readonly Entry[]
  start(text: string): void
  clear(): void
}

const mostEntries = 20
const drawMs = 80
const nothing: readonly Entry[] = []
let nextId = 0

/** What was run in a place, and the way to run more there. */
export function useConsole(place: string, run: RunText): Console {
  const [entries, put] = useKept<readonly Entry[]>(['console', place], nothing)
  const start = useCallback(
    (text: string): void => {
      const id = String(nextId++)
      const ending = new AbortController()
      const begin: Entry = { id, text, log: emptyLog, tookMs: null, ending: null, stop: () => ending.abort() }
      put((all) => [...all, begin].slice(-mostEntries))
      void follow(begin, { run, signal: ending.signal }, (change) =>
        put((all) => all.map((one) => (one.id === id ? { ...one, ...change } : one))),
      )
    },
    [put, run],
  )
  const clear = useCallback(() => put((all) => all.filter(({ ending }) => ending === null)), [put])
  return { entries, start, clear }
}

async function follow(
  { text }: Entry,
  { run, signal }: { run: RunText; signal: AbortSignal },
  change: (change: Partial<Entry>) => void,
): Promise<void> {
  const lines = createLogLines()
  const beganMs = performance.now()
  const paced = createPaced(drawMs, () => change({ log: lines.state() }))
  const push = (stream: Stream, piece: string): void => {
    lines.push(stream, piece)
    paced.soon()
  }
  const ending = await run(text, push, signal).catch((error: unknown): Ending => {
    if (signal.aborted) return { isGood: false, said: 'ended by you' }
    lines.push('stderr', error instanceof Error ? error.message : String(error))
    return { isGood: false, said: 'failed' }
  })
  paced.stop()
  change({ log: lines.state(), ending, tookMs: performance.now() - beganMs })
}
