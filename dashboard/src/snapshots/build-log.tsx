import { type Client, DaytonaNotFoundError, followBuildLogs, snapshotBuildLogs } from '@sandyard/sdk'
import { type ReactNode, useEffect, useState } from 'react'
import { Log, mostLog, withLog } from '../design/log.tsx'
import { Note } from '../design/notes.tsx'
import { usePlatform } from '../platform/platform.tsx'

/** What comes within this time is drawn together, ms. */
const drawMs = 80
/** pause before a log that broke off is read anew, ms */
const againMs = 2000

/** The log of how a snapshot is made: as it comes, or as it was kept. */
export function BuildLog({ id, isMaking }: { id: string; isMaking: boolean }): ReactNode {
  const { daytona } = usePlatform()
  const [text, setText] = useState<string | null>(null)
  const [state, setState] = useState<'reading' | 'read' | 'none'>('reading')
  // It ends by itself with what it tells of; the end is no reason to read it again.
  const [wasMaking] = useState(isMaking)

  useEffect(() => {
    const ending = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    let waiting = ''
    const draw = (): void => {
      timer = undefined
      const chunk = waiting
      waiting = ''
      setText((known) => withLog(known ?? '', chunk))
    }
    const onLogs = (chunk: string): void => {
      waiting = withLog(waiting, chunk)
      timer ??= setTimeout(draw, drawMs)
    }
    const read = async (): Promise<void> => {
      try {
        if (wasMaking) {
          const open = () => snapshotBuildLogs(daytona.client, id, ending.signal)
          await followBuildLogs(open, onLogs, ending.signal)
        } else await readKept(daytona.client, id, onLogs, ending.signal)
        setState('read')
      } catch (error) {
        if (ending.signal.aborted) return
        if (error instanceof DaytonaNotFoundError) return setState('none')
        await new Promise((done) => setTimeout(done, againMs))
        if (ending.signal.aborted) return
        waiting = ''
        setText(null)
        return read()
      }
    }
    void read()
    return () => {
      ending.abort()
      clearTimeout(timer)
    }
  }, [daytona, id, wasMaking])

  if (state === 'none') return <p className="quiet">No log of it is kept.</p>
  return (
    <>
      {text !== null && text.length >= mostLog && <Note>Only the end of the log is shown.</Note>}
      <div className="build-log" data-live={isMaking}>
        <Log label="Log of the build" text={text ?? (isMaking ? 'Waiting for its turn…' : 'Nothing was told.')} />
      </div>
    </>
  )
}

async function readKept(
  client: Client,
  id: string,
  onLogs: (chunk: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const stream = await client.call('getSnapshotBuildLogs', { params: { id } }, { signal })
  const reader = stream.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>).getReader()
  for (let next = await reader.read(); next.done !== true; next = await reader.read()) onLogs(next.value)
}
