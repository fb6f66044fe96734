import { useQueryClient } from '@tanstack/react-query'
import { Activity, ChevronRight, Plus, SquareChevronRight, SquareTerminal } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { useSearchParams } from 'wouter'
import { TextField } from '../design/fields.tsx'
import { FormDialog, textOf } from '../design/form-dialog.tsx'
import { IconButton } from '../design/icon-button.tsx'
import { useKeys } from '../design/keys.ts'
import { Loaded } from '../design/page.tsx'
import { usePlatform } from '../platform/platform.tsx'
import type { SandboxDetail } from '../sandboxes/live.ts'
import { CommandView } from './processes/command-view.tsx'
import './processes/processes.css'
import { PythonView } from './processes/python-view.tsx'
import { RunningView } from './processes/running-view.tsx'
import { SessionView } from './processes/session-view.tsx'
import { readSessionsAnew, type Sessions, useSessions } from './processes/sessions.ts'
import { type Tools, WithTools } from './tools.tsx'

/** What runs in a sandbox: its processes, sessions with their logs, commands and Python. */
export function ProcessesTab({ sandbox: { id } }: { sandbox: SandboxDetail }): ReactNode {
  return <WithTools id={id}>{(tools) => <Processes tools={tools} />}</WithTools>
}

/** sessions that are listed; a search in the address reaches the others */
const mostListed = 200

/** The parts of the tab that are no sessions, by the word in the address. */
const views = {
  now: { name: 'Running now', icon: Activity, content: RunningView },
  command: { name: 'Run a command', icon: SquareChevronRight, content: CommandView },
  python: { name: 'Python', icon: SquareTerminal, content: PythonView },
} as const

function Processes({ tools }: { tools: Tools }): ReactNode {
  const query = useSessions(tools)
  const [params, setParams] = useSearchParams()
  const [isAdding, setAdding] = useState(false)
  const session = params.get('session')
  const view = params.get('view')
  const show = (next: Record<string, string>): void => setParams(next)
  useKeys({ c: () => setAdding(true) })

  return (
    <div className="processes" data-chosen={session !== null || view !== null}>
      <nav className="process-nav" aria-label="What runs">
        {Object.entries(views).map(([word, { name, icon: Icon }]) => (
          <NavItem
            key={word}
            isShown={session === null && (view ?? 'now') === word}
            onShow={() => show({ view: word })}
          >
            <Icon aria-hidden /> {name}
          </NavItem>
        ))}
        <div className="nav-title">
          <span>Sessions</span>
          <IconButton label="New session" onClick={() => setAdding(true)}>
            <Plus />
          </IconButton>
        </div>
        <SessionList sessions={query.data} shown={session} onShow={(id) => show({ session: id })} />
      </nav>
      <div className="process-view">
        <button type="button" className="button back" onClick={() => show({})}>
          <ChevronRight aria-hidden /> All that runs
        </button>
        {session === null ? (
          <View tools={tools} view={view} />
        ) : (
          <Loaded query={query} what="The sessions could not be read">
            {(sessions) => <Shown tools={tools} sessions={sessions} id={session} onDeleted={() => show({})} />}
          </Loaded>
        )}
      </div>
      {isAdding && <NewSession tools={tools} onClose={() => setAdding(false)} onMade={(id) => show({ session: id })} />}
    </div>
  )
}

function View({ tools, view }: { tools: Tools; view: string | null }): ReactNode {
  const { content: Content } = views[(view ?? 'now') as keyof typeof views] ?? views.now
  return <Content tools={tools} />
}

function NavItem({
  isShown,
  onShow,
  children,
}: {
  isShown: boolean
  onShow: () => void
  children: ReactNode
}): ReactNode {
  return (
    <button type="button" className="nav-item" aria-current={isShown ? 'true' : undefined} onClick={onShow}>
      {children}
    </button>
  )
}

function SessionList({
  sessions,
  shown,
  onShow,
}: {
  sessions: Sessions | undefined
  shown: string | null
  onShow: (id: string) => void
}): ReactNode {
  if (sessions === undefined) return null
  const { own, entrypoint } = sessions
  const all = [...(entrypoint === null ? [] : [entrypoint]), ...own.toReversed()]
  if (all.length === 0) return <p className="quiet small">A session is a shell that goes on without this page.</p>
  return (
    <>
      {all.slice(0, mostListed).map(({ id, commands }) => {
        const isRunning = commands.some(({ exitCode }) => exitCode === undefined)
        return (
          <NavItem key={id} isShown={id === shown} onShow={() => onShow(id)}>
            <span className="dot" data-running={isRunning} aria-hidden />
            <span className="cut">{id === entrypoint?.id ? 'Started by the image' : id}</span>
            {isRunning && <span className="visually-hidden">, something runs in it</span>}
          </NavItem>
        )
      })}
      {all.length > mostListed && <p className="quiet small">{all.length - mostListed} more are not listed.</p>}
    </>
  )
}

function Shown({
  tools,
  sessions: { own, entrypoint },
  id,
  onDeleted,
}: {
  tools: Tools
  sessions: Sessions
  id: string
  onDeleted: () => void
}): ReactNode {
  const session = [entrypoint, ...own].find((one) => one?.id === id)
  if (session == null) {
    return (
      <div className="empty">
        <h2>This session is not there</h2>
        <p>It was ended, or the sandbox was stopped since.</p>
      </div>
    )
  }
  return (
    <SessionView key={id} tools={tools} session={session} isEntrypoint={session === entrypoint} onDeleted={onDeleted} />
  )
}

function NewSession({
  tools,
  onClose,
  onMade,
}: {
  tools: Tools
  onClose: () => void
  onMade: (id: string) => void
}): ReactNode {
  const { organization } = usePlatform()
  const queries = useQueryClient()
  return (
    <FormDialog
      title="New session"
      description="A shell that keeps its folder and variables, and goes on when this page is closed."
      verb="Create"
      onClose={onClose}
      onSubmit={async (form) => {
        const id = textOf(form, 'name') ?? `session-${Date.now().toString(36)}`
        await tools.act.process.createSession(id)
        await readSessionsAnew(queries, organization.id, tools.id)
        onMade(id)
      }}
    >
      <TextField label="Name" name="name" maxLength={255} placeholder="Made up if left empty" autoCapitalize="none" />
    </FormDialog>
  )
}
