import { DaytonaError, followBuildLogs, sandboxBuildLogs } from '@sandyard/sdk'
import { type ReactNode, useEffect, useState } from 'react'
import { Log, withLog } from '../design/log.tsx'
import { usePlatform } from '../platform/platform.tsx'
import type { SandboxItem } from './live.ts'

/** Pieces of a log are drawn together, ms. */
const drawMs = 80
/** After a connection that broke the log is read anew, ms. */
const againMs = 1500

/** True while what the sandbox is made of is being built or downloaded. */
export function isBuilding({ state }: Pick<SandboxItem, 'state'>): boolean {
  return state === 'pending_build' || state === 'building_snapshot'
}

/** What is told while the image of a sandbox is built, as it comes; or what was. */
export function BuildLog({ sandbox }: { sandbox: Pick<SandboxItem, 'id' | 'state' | 'name'> }): ReactNode {
  const { text, isMissing } = useBuildLog(sandbox.id, isBuilding(sandbox))
  if (isMissing) return <p className="quiet small">The log of its build is not kept any more.</p>
  const waiting = sandbox.state === 'pending_build' ? 'Waits for other builds to end…' : 'Waits for the first line…'
  return <Log label={`Log of the build of ${sandbox.name}`} text={text === '' ? waiting : text} />
}

function useBuildLog(id: string, isLive: boolean): { text: string; isMissing: boolean } {
  const { daytona } = usePlatform()
  const [text, setText] = useState('')
  const [isMissing, setMissing] = useState(false)
  useEffect(() => {
    const ending = new AbortController()
    const { signal } = ending
    let held = ''
    let timer: ReturnType<typeof setTimeout> | undefined
    let again: ReturnType<typeof setTimeout> | undefined
    const put = (chunk: string): void => {
      held = withLog(held, chunk)
      timer ??= setTimeout(() => {
        timer = undefined
        setText(held)
      }, drawMs)
    }
    const readOnce = async (): Promise<void> => {
      const decoder = new TextDecoder()
      const params = { sandboxIdOrName: id }
      const stream = await daytona.client.call('getBuildLogs', { params }, { signal })
      const reader = stream.getReader()
      for (let next = await reader.read(); next.done !== true; next = await reader.read())
        put(decoder.decode(next.value, { stream: true }))
    }
    async function read(): Promise<void> {
      // A log is always read from its beginning.
      held = ''
      try {
        if (isLive) await followBuildLogs(() => sandboxBuildLogs(daytona.client, id, signal), put, signal)
        else await readOnce()
      } catch (error) {
        if (signal.aborted) return
        if (error instanceof DaytonaError && [403, 404].includes(error.statusCode ?? 0)) setMissing(true)
        else again = setTimeout(() => void read(), againMs)
      }
    }
    setMissing(false)
    void read()
    return () => {
      clearTimeout(timer)
      clearTimeout(again)
      ending.abort()
    }
  }, [daytona, id, isLive])
  return { text, isMissing }
}
