import { useQuery } from '@tanstack/react-query'
import { Plus, Trash2 } from 'lucide-react'
import { type ReactNode, useCallback, useState } from 'react'
import { FormDialog } from '../../design/form-dialog.tsx'
import { IconButton } from '../../design/icon-button.tsx'
import { useTell } from '../../design/toasts.tsx'
import { usePlatform } from '../../platform/platform.tsx'
import type { Tools } from '../tools.tsx'
import { ConsoleView } from './console-view.tsx'
import type { RunText } from './use-console.ts'

/** the one that runs without a context share */
const shared = ''

/** Python that keeps its variables, in contexts that know nothing of each other. */
export function PythonView({ tools }: { tools: Tools }): ReactNode {
  const { organization } = usePlatform()
  const tell = useTell()
  const [chosen, setChosen] = useState(shared)
  const [isEnding, setEnding] = useState(false)
  const { data: contexts = [], refetch } = useQuery({
    queryKey: ['contexts', organization.id, tools.id],
    queryFn: () => tools.watch.codeInterpreter.listContexts(),
    refetchInterval: 10_000,
  })
  const context = contexts.find(({ id }) => id === chosen)
  const run = useCallback<RunText>(
    async (code, push, signal) => {
      const { error } = await tools.act.codeInterpreter.runCode(code, {
        ...(context === undefined ? {} : { context }),
        timeout: 0,
        signal,
        onStdout: ({ output }) => push('stdout', output),
        onStderr: ({ output }) => push('stderr', output),
      })
      if (error === undefined) return { isGood: true, said: 'done' }
      push('stderr', error.traceback ?? `${error.name}: ${error.value}`)
      return { isGood: false, said: error.name.slice(0, 60) || 'failed' }
    },
    [tools, context],
  )

  async function add(): Promise<void> {
    try {
      const { id } = await tools.act.codeInterpreter.createContext()
      await refetch()
      setChosen(id)
    } catch (error) {
      tell.failed('No context was made', error)
    }
  }

  return (
    <>
      <ConsoleView
        key={chosen}
        title="Python"
        hint="Variables are there for what is run next. Each context has variables of its own; the shared one is what programs use that name none."
        label="Run Python"
        place={`${tools.id} python ${chosen}`}
        sign=">>>"
        run={run}
        controls={
          <div className="contexts">
            <select
              className="input"
              aria-label="Context"
              value={chosen}
              onChange={(event) => setChosen(event.target.value)}
            >
              <option value={shared}>Shared context</option>
              {contexts.map(({ id, cwd }) => (
                <option key={id} value={id}>
                  {id.slice(0, 8)} in {cwd}
                </option>
              ))}
            </select>
            <IconButton label="New context" onClick={() => void add()}>
              <Plus />
            </IconButton>
            <IconButton label="End this context…" disabled={context === undefined} onClick={() => setEnding(true)}>
              <Trash2 />
            </IconButton>
          </div>
        }
      />
      {isEnding && context !== undefined && (
        <FormDialog
          title="End this context?"
          verb="End it"
          isDanger
          onClose={() => setEnding(false)}
          onSubmit={async () => {
            await tools.act.codeInterpreter.deleteContext(context)
            setChosen(shared)
            await refetch()
          }}
        >
          <p>What runs in it is ended, and its variables are lost. Files stay.</p>
        </FormDialog>
      )}
    </>
  )
}
