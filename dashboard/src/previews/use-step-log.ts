import type { Client } from '@sandyard/sdk'
import { useEffect, useState } from 'react'
import { usePlatform } from '../platform/platform.tsx'
import { isBusy, type Preview } from './calls.ts'
import { createStepLog, type StepTexts } from './step-log.ts'

/** what comes within this time is drawn at once, ms */
const drawMs = 100
/** before a log that broke off, or has not begun, is asked for again, ms */
const againMs = 1200

/** What the steps of the last run tell, as they tell it. */
export function useStepLog(preview: Preview): StepTexts {
  const { daytona } = usePlatform()
  const { id } = preview
  // What waits for its turn will be the next run.
  const run = preview.status === 'queued' ? preview.run + 1 : preview.run
  const isGoingOn = isBusy(preview)
  const [texts, setTexts] = useState<StepTexts>({})
  useEffect(() => {
    const ending = new AbortController()
    // What is there stays until there is something new to show, so that nothing jumps.
    if (isGoingOn) setTexts({})
    void follow({ client: daytona.client, id, isGoingOn, run, onTexts: setTexts, signal: ending.signal })
    return () => ending.abort()
  }, [daytona, id, run, isGoingOn])
  return texts
}

interface Following {
  readonly client: Client
  readonly id: string
  readonly run: number
  readonly isGoingOn: boolean
  readonly onTexts: (texts: StepTexts) => void
  readonly signal: AbortSignal
}

/** Reads the log to its end; again and again while the run goes on. */
async function follow(following: Following): Promise<void> {
  const { isGoingOn, signal } = following
  do {
    const isRead = await readOnce(following).then(
      () => true,
      () => false,
    )
    if (signal.aborted || (isRead && !isGoingOn)) return
    await new Promise((resolve) => setTimeout(resolve, againMs))
  } while (!signal.aborted)
}

async function readOnce({ client, id, isGoingOn, onTexts, signal }: Following): Promise<void> {
  const log = createStepLog()
  const decoder = new TextDecoder()
  let timer: ReturnType<typeof setTimeout> | undefined
  const draw = (): void => {
    timer = undefined
    if (!signal.aborted) onTexts(log.texts())
  }
  const stream = await client.call(
    'getPreviewLog',
    { params: { previewId: id }, query: isGoingOn ? { follow: true } : {} },
    { signal },
  )
  const reader = stream.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      log.add(decoder.decode(value, { stream: true }))
      timer ??= setTimeout(draw, drawMs)
    }
  } finally {
    clearTimeout(timer)
    draw()
  }
}
