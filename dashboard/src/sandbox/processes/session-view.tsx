import type { Session } from '@sandyard/sdk'
import { useQueryClient } from '@tanstack/react-query'
import { Trash2 } from 'lucide-react'
import { type ReactNode, useCallback, useEffect, useState } from 'react'
import { FormDialog } from '../../design/form-dialog.tsx'
import { useTell } from '../../design/toasts.tsx'
import { useAtEnd } from '../../design/use-at-end.ts'
import { usePlatform } from '../../platform/platform.tsx'
import type { Tools } from '../tools.tsx'
import { CommandBlock, type Turn } from './command-block.tsx'
import { RunField } from './run-field.tsx'
import { type Command, readSessionsAnew } from './sessions.ts'

/** commands that are drawn at first, and more by each press */
const atOnce = 25

/** A session: what was run in it, oldest first, and a field to run more. */
export function SessionView({
  tools,
  session: { id, commands },
  isEntrypoint,
  onDeleted,
}: {
  tools: Tools
  session: Session
  isEntrypoint: boolean
  onDeleted: () => void
}): ReactNode {
  const { organization } = usePlatform()
  const queries = useQueryClient()
  const tell = useTell()
  const [most, setMost] = useState(atOnce)
  const [isDeleting, setDeleting] = useState(false)
  const { box, content, toEnd } = useAtEnd<HTMLElement>()
  const last = commands.at(-1)?.id
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new command is what one wants to see
  useEffect(toEnd, [last, toEnd])

  const run = useCallback(
    (command: string): void => {
      const body = { command, runAsync: true }
      tools.act.process
        .executeSessionCommand(id, body)
        .then(() => readSessionsAnew(queries, organization.id, tools.id))
        .catch((error: unknown) => tell.failed('The command was not started', error))
    },
    [tools, id, organization.id, queries, tell],
  )

  return (
    <>
      <div className="view-head">
        <h2 className="cut">{isEntrypoint ? 'Started by the image' : id}</h2>
        {!isEntrypoint && (
          <button type="button" className="button" onClick={() => setDeleting(true)}>
            <Trash2 aria-hidden /> End session…
          </button>
        )}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
      <section ref={box} className="commands" tabIndex={0} aria-label="Commands">
        <div ref={content}>
          {commands.length > most && (
            <button type="button" className="button" onClick={() => setMost(most + atOnce)}>
              Show earlier ones: {commands.length - most}
            </button>
          )}
          {commands.length === 0 && (
            <p className="quiet">
              Nothing was run here yet. The shell keeps its folder and variables from one command to the next, and goes
              on when this page is closed.
            </p>
          )}
          {commands.slice(-most).map((command) => (
            <CommandBlock
              key={command.id}
              tools={tools}
              sessionId={id}
              command={command}
              turn={turnOf(command, commands)}
              isOpenFirst={command.id === last || command.exitCode === undefined}
              onAgain={isEntrypoint ? null : run}
            />
          ))}
        </div>
      </section>
      {!isEntrypoint && <RunField label="Run a command in this session" place={`${tools.id} ${id}`} onRun={run} />}
      {isDeleting && (
        <FormDialog
          title={`End session ${id}?`}
          verb="End session"
          isDanger
          onClose={() => setDeleting(false)}
          onSubmit={async () => {
            await tools.act.process.deleteSession(id)
            onDeleted()
            tell.done(`Session ${id} has ended`)
          }}
        >
          <p>
            {commands.some(({ exitCode }) => exitCode === undefined) ? 'What runs in it is ended. ' : ''}
            {commands.length === 0 ? 'Its' : `The logs of its ${commands.length} commands, its`} folder and variables
            are lost. Files stay.
          </p>
        </FormDialog>
      )}
    </>
  )
}

function turnOf(command: Command, all: readonly Command[]): Turn {
  if (command.exitCode !== undefined) return 'ended'
  return all.find(({ exitCode }) => exitCode === undefined) === command ? 'runs' : 'waits'
}
