import type { AnswerOf, ApiOperations, Daytona } from '@sandyard/sdk'
import { buildLog } from '../../build-log.ts'
import { CommandError, exitCodes } from '../../exit-codes.ts'
import type { Progress, Screen } from '../../screen.ts'

/** A preview environment as the API answers it. */
export type Preview = AnswerOf<ApiOperations['getPreview']>

/** Time between two looks when the connection was lost, and how long the platform may be away, ms. */
const look = { everyMs: 1_000, longestMs: 120_000 }

/** Shows the log of what is being built on standard error until that has ended; answers the preview as it is then. */
export async function followPreview(
  platform: Daytona,
  id: string,
  { screen, progress, signal }: { readonly screen: Screen; readonly progress: Progress; readonly signal: AbortSignal },
): Promise<Preview> {
  const log = buildLog(screen)
  /** the run whose log is shown, and how many bytes of it were */
  let shown = { run: -1, bytes: 0 }
  let lostAtMs: number | undefined
  try {
    for (;;) {
      try {
        const preview = await read(platform, id, signal)
        const run = preview.status === 'queued' ? preview.run + 1 : preview.run
        if (run !== shown.run) shown = { run, bytes: 0 }
        await show(platform, id, { shown, add: log.add, signal })
        const after = await read(platform, id, signal)
        lostAtMs = undefined
        if (after.status !== 'queued' && after.status !== 'building') return after
        progress.change(sayState(after))
      } catch (error) {
        signal.throwIfAborted()
        if (!(await isLost(error))) throw error
        lostAtMs ??= Date.now()
        if (Date.now() - lostAtMs > look.longestMs) throw error
        progress.change('Waiting for the platform')
      }
      await new Promise((resolve) => setTimeout(resolve, look.everyMs))
      signal.throwIfAborted()
    }
  } finally {
    log.end()
  }
}

/** Shows what was not shown yet, until the stream ends. */
async function show(
  { client }: Daytona,
  id: string,
  {
    shown,
    add,
    signal,
  }: {
    readonly shown: { bytes: number }
    readonly add: (text: string) => void
    readonly signal: AbortSignal
  },
): Promise<void> {
  const decoder = new TextDecoder()
  let at = 0
  const request = { params: { previewId: id }, query: { follow: true } }
  for await (const bytes of await client.call('getPreviewLog', request, { signal })) {
    const fresh = bytes.subarray(Math.max(0, shown.bytes - at))
    at += bytes.length
    shown.bytes = Math.max(shown.bytes, at)
    if (fresh.length > 0) add(decoder.decode(fresh, { stream: true }))
  }
}

async function read({ client }: Daytona, id: string, signal: AbortSignal): Promise<Preview> {
  const { DaytonaNotFoundError } = await import('@sandyard/sdk')
  try {
    return await client.call('getPreview', { params: { previewId: id } }, { signal })
  } catch (error) {
    if (error instanceof DaytonaNotFoundError) throw new CommandError('the preview was deleted', exitCodes.notFound)
    throw error
  }
}

/** Whether the platform was not there, which may be over soon. */
async function isLost(error: unknown): Promise<boolean> {
  if (error instanceof CommandError) return false
  const { DaytonaError } = await import('@sandyard/sdk')
  const status = error instanceof DaytonaError ? error.statusCode : undefined
  return status === undefined || status >= 500
}

/** What is done now, for the line of progress. */
export function sayState(preview: Preview): string {
  if (preview.status === 'queued') return 'Waiting for its turn'
  const step = preview.steps.find(({ state }) => state === 'running')
  return step === undefined ? 'Building' : `Building: ${step.name}`
}
