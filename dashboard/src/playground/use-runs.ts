import { DaytonaError } from '@sandyard/sdk'
import { useCallback, useState } from 'react'
import { withLog } from '../design/log.tsx'
import { usePlatform } from '../platform/platform.tsx'
import type { Step } from './programs.ts'

/** What became of a call. */
export interface Run {
  readonly id: number
  readonly name: string
  /** what it told while it ran */
  readonly said: string
  /** null while it runs */
  readonly end: { readonly ms: number; readonly isOk: boolean; readonly text: string } | null
}

/** of an answer that is shown, characters */
const mostShown = 100_000
/** runs that are remembered */
const mostRuns = 50

/** Runs steps against a sandbox, one after the other up to the first that fails; the newest run comes first. */
export function useRuns(): {
  readonly runs: readonly Run[]
  readonly isRunning: boolean
  readonly start: (sandboxId: string, steps: readonly Step[]) => Promise<void>
} {
  const { daytona } = usePlatform()
  const [runs, setRuns] = useState<readonly Run[]>([])
  const [isRunning, setRunning] = useState(false)

  const start = useCallback(
    async (sandboxId: string, steps: readonly Step[]) => {
      const change = (id: number, to: (run: Run) => Run): void =>
        setRuns((all) => all.map((run) => (run.id === id ? to(run) : run)))
      setRunning(true)
      try {
        for (const { call, values } of steps) {
          const id = nextId++
          const startedMs = performance.now()
          setRuns((all) => [{ id, name: call.name, said: '', end: null }, ...all].slice(0, mostRuns))
          const say = (text: string): void => change(id, (run) => ({ ...run, said: withLog(run.said, text) }))
          const ended = await daytona
            .get(sandboxId)
            .then((sandbox) => call.run({ daytona, sandbox, say }, values))
            .then(
              (answer) => ({ isOk: true, text: shown(answer) }),
              (error) => ({ isOk: false, text: reason(error) }),
            )
          change(id, (run) => ({ ...run, end: { ...ended, ms: performance.now() - startedMs } }))
          if (!ended.isOk) return
        }
      } finally {
        setRunning(false)
      }
    },
    [daytona],
  )
  return { runs, isRunning, start }
}

let nextId = 1

function shown(answer: unknown): string {
  if (answer === undefined) return ''
  const text = typeof answer === 'string' ? answer : JSON.stringify(answer, null, 2)
  return text.length > mostShown ? `${text.slice(0, mostShown)}\n… ${text.length - mostShown} more characters` : text
}

function reason(error: unknown): string {
  if (!(error instanceof DaytonaError)) return String(error)
  return error.statusCode === undefined ? error.message : `${error.statusCode}: ${error.message}`
}
