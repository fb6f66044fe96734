import { type ReactNode, useCallback } from 'react'
import type { Tools } from '../tools.tsx'
import { ConsoleView } from './console-view.tsx'
import type { RunText } from './use-console.ts'

/** One command after the other, each in a shell of its own. */
export function CommandView({ tools }: { tools: Tools }): ReactNode {
  const run = useCallback<RunText>(
    async (command, push, signal) => {
      const input = { body: { command } }
      const { exitCode, result } = await tools.act.toolbox.call('executeCommand', input, { signal, timeoutMs: 0 })
      push('stdout', result)
      return { isGood: exitCode === 0, said: `exit ${exitCode}` }
    },
    [tools],
  )
  return (
    <ConsoleView
      title="Run a command"
      hint="Each command has a shell of its own, in the work folder, and shows what it wrote when it has ended. The arrow up brings back the last one. For what runs long take a session."
      label="Run a command"
      place={`${tools.id} commands`}
      sign="$"
      run={run}
    />
  )
}
