import { DaytonaConflictError } from '@sandyard/sdk'
import { useQueryClient } from '@tanstack/react-query'
import { ChevronRight, Copy, OctagonX, RotateCw } from 'lucide-react'
import { type ReactNode, useCallback, useState } from 'react'
import { ActionMenu } from '../../design/action-menu.tsx'
import { FormDialog } from '../../design/form-dialog.tsx'
import { textOfLog } from '../../design/log-lines.ts'
import { Note } from '../../design/notes.tsx'
import { StreamLog } from '../../design/stream-log.tsx'
import { useTell } from '../../design/toasts.tsx'
import { useCopy } from '../../design/use-copy.ts'
import { type Follow, type FollowedLog, useFollowedLog } from '../../design/use-followed-log.ts'
import { usePlatform } from '../../platform/platform.tsx'
import type { Tools } from '../tools.tsx'
import { RunField } from './run-field.tsx'
import { type Command, readSessionsAnew } from './sessions.ts'

/** Where a command stands. Commands of a session run one after the other. */
export type Turn = 'waits' | 'runs' | 'ended'

/** One command of a session with its log, which can be folded away. */
export function CommandBlock({
  tools,
  sessionId,
  command,
  turn,
  isOpenFirst,
  onAgain,
}: {
  tools: Tools
  sessionId: string
  command: Command
  turn: Turn
  isOpenFirst: boolean
  /** null where nothing can be run in the session */
  onAgain: ((text: string) => void) | null
}): ReactNode {
  const { organization } = usePlatform()
  const queries = useQueryClient()
  const copy = useCopy()
  const [isOpen, setOpen] = useState(isOpenFirst)
  const [isEnding, setEnding] = useState(false)
  const isEntrypoint = onAgain === null
  const follow = useCallback<Follow>(
    (push, signal) => {
      const [onOut, onErr] = [(text: string) => push('stdout', text), (text: string) => push('stderr', text)]
      const { process } = tools.watch
      return isEntrypoint
        ? process.getEntrypointLogs(onOut, onErr, signal)
        : process.getSessionCommandLogs(sessionId, command.id, onOut, onErr, signal)
    },
    [tools, sessionId, command.id, isEntrypoint],
  )
  const followed = useFollowedLog(isOpen ? follow : null, () =>
    readSessionsAnew(queries, organization.id, tools.id).catch(() => {}),
  )
  return (
    <section className="command-block" data-turn={turn} aria-label={firstLine(command.command)}>
      <header>
        <button type="button" className="fold" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          <ChevronRight aria-hidden />
          <code className={isOpen ? '' : 'cut'}>{isOpen ? command.command : firstLine(command.command)}</code>
        </button>
        <Ending turn={turn} exitCode={command.exitCode} />
        <ActionMenu
          of={firstLine(command.command)}
          actions={[
            { name: 'Copy the command', icon: Copy, run: () => copy(command.command, 'The command') },
            {
              name: 'Copy the log',
              icon: Copy,
              run: () => copy(textOfLog(followed.log), 'The log'),
              isOff: followed.log.blocks.length === 0,
            },
            ...(onAgain === null ? [] : [{ name: 'Run again', icon: RotateCw, run: () => onAgain(command.command) }]),
            ...(onAgain === null || turn === 'ended'
              ? []
              : [{ name: 'End it…', icon: OctagonX, run: () => setEnding(true), isDanger: true }]),
          ]}
        />
      </header>
      {isOpen && <Output label={`Log of ${firstLine(command.command)}`} followed={followed} turn={turn} />}
      {isOpen && turn === 'runs' && onAgain !== null && (
        <Input tools={tools} sessionId={sessionId} commandId={command.id} />
      )}
      {isEnding && (
        <FormDialog
          title="End this command?"
          verb="End it"
          isDanger
          onClose={() => setEnding(false)}
          onSubmit={async () => {
            const params = { sessionId, commandId: command.id }
            await tools.act.toolbox.call('killSessionCommand', { params }).catch((error: unknown) => {
              if (error instanceof DaytonaConflictError)
                throw new Error('This is a loop of the shell itself: it ends only with its session.')
              throw error
            })
            await readSessionsAnew(queries, organization.id, tools.id)
          }}
        >
          <p>What it has started gets SIGTERM, and SIGKILL if it does not end. The session and its log stay.</p>
        </FormDialog>
      )}
    </section>
  )
}

/** How a command stands, in a word. */
function Ending({ turn, exitCode }: { turn: Turn; exitCode: number | undefined }): ReactNode {
  if (turn === 'waits') return <span className="state">waits</span>
  if (turn === 'runs') {
    return (
      <span className="state" data-tone="busy">
        runs
      </span>
    )
  }
  return (
    <span className="state" data-tone={exitCode === 0 ? 'good' : 'bad'}>
      exit {exitCode}
    </span>
  )
}

function Output({ label, followed, turn }: { label: string; followed: FollowedLog; turn: Turn }): ReactNode {
  const { log, status, reason } = followed
  return (
    <>
      <StreamLog label={label} log={log} whileEmpty={whileEmpty(turn, status)} />
      {status === 'lost' && <Note kind="busy">The connection is lost; what runs goes on. Connecting again…</Note>}
      {status === 'failed' && <Note kind="bad">{reason}</Note>}
    </>
  )
}

function whileEmpty(turn: Turn, status: FollowedLog['status']): string {
  if (turn === 'waits') return 'It begins when the command before it has ended.'
  return status === 'ended' || turn === 'ended' ? 'It wrote nothing.' : 'Nothing was written yet.'
}

/** What a running command can read. */
function Input({ tools, sessionId, commandId }: { tools: Tools; sessionId: string; commandId: string }): ReactNode {
  const tell = useTell()
  return (
    <RunField
      label="Input for it"
      place={`input ${tools.id} ${sessionId}`}
      sign="›"
      verb="Send"
      onRun={(text) => {
        tools.act.process.sendSessionCommandInput(sessionId, commandId, text).catch((error: unknown) => {
          tell.failed('The input was not sent', error)
        })
      }}
    />
  )
}

/** The first line of a text, as a name for it. */
function firstLine(text: string): string {
  const line = text.trim().split('\n', 1)[0] ?? ''
  return line.length > 120 ? `${line.slice(0, 120)}…` : line
}
