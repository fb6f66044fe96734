import type { Sandbox } from '@sandyard/sdk'
import { useQuery } from '@tanstack/react-query'
import { Plus, X } from 'lucide-react'
import { type ReactNode, useEffect, useState } from 'react'
import { Failure } from '../design/notes.tsx'
import { useTell } from '../design/toasts.tsx'
import { usePlatform } from '../platform/platform.tsx'
import type { SandboxDetail } from '../sandboxes/live.ts'
import { Screen } from './terminal/screen.tsx'

/** Terminals that this page has made, and finds again when it is loaded anew. */
const prefix = 'dashboard-'

interface OpenTerminal {
  readonly id: string
  readonly isNew: boolean
}

/** Terminals of a started sandbox. They go on when the page is closed, and are there when it comes back. */
export function TerminalTab({ sandbox: { id } }: { sandbox: SandboxDetail }): ReactNode {
  const { daytona } = usePlatform()
  const { data, error, refetch } = useQuery({
    queryKey: ['terminals', id],
    queryFn: async () => {
      const sandbox = await daytona.get(id)
      const sessions = await sandbox.process.listPtySessions()
      const ours = sessions.filter((session) => session.active && session.id.startsWith(prefix))
      return { sandbox, found: ours.map((session): OpenTerminal => ({ id: session.id, isNew: false })) }
    },
    // What is found here is the beginning only; the page knows what it has opened since.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    refetchOnReconnect: false,
  })
  if (data !== undefined) return <Terminals sandbox={data.sandbox} found={data.found} />
  if (error !== null) return <Failure what="No terminal could be opened" error={error} onRetry={() => void refetch()} />
  return (
    <div className="screen-wait" role="status">
      Connecting…
    </div>
  )
}

function Terminals({ sandbox: first, found }: { sandbox: Sandbox; found: readonly OpenTerminal[] }): ReactNode {
  const tell = useTell()
  // Screens stay connected when the sandbox is read anew.
  const [sandbox] = useState(first)
  const [open, setOpen] = useState<readonly OpenTerminal[]>(() => (found.length > 0 ? found : [newTerminal()]))
  const [shown, setShown] = useState(() => open[0]?.id)
  const add = (): void => {
    const made = newTerminal()
    setOpen((all) => [...all, made])
    setShown(made.id)
  }
  const forget = (id: string): void => {
    const left = open.filter((one) => one.id !== id)
    setOpen(left)
    if (shown === id) setShown(left.at(-1)?.id)
  }
  const close = (id: string): void => {
    forget(id)
    sandbox.process.killPtySession(id).catch((error: unknown) => {
      const { statusCode } = error as { statusCode?: number }
      if (statusCode !== 404) tell.failed('The terminal was not ended', error)
    })
  }
  useEffect(() => {
    // The page of an element that scrolls by itself stays where it is.
    document.querySelector<HTMLElement>('.screen:not([hidden]) textarea')?.focus({ preventScroll: true })
  }, [])

  return (
    <div className="terminals">
      <div className="terminal-list">
        {open.map(({ id }, index) => (
          <div key={id} className="open-tab" data-shown={id === shown}>
            <button type="button" aria-pressed={id === shown} onClick={() => setShown(id)}>
              Terminal {index + 1}
            </button>
            <button
              type="button"
              className="icon-button"
              aria-label={`End terminal ${index + 1} and what runs in it`}
              title="End it and what runs in it"
              onClick={() => close(id)}
            >
              <X />
            </button>
          </div>
        ))}
        <button type="button" className="icon-button" aria-label="New terminal" title="New terminal" onClick={add}>
          <Plus />
        </button>
      </div>
      {open.map(({ id, isNew }) => (
        <div key={id} className="screen-slot" hidden={id !== shown}>
          <Screen
            process={sandbox.process}
            id={id}
            isNew={isNew}
            onRestart={() => {
              const made = newTerminal()
              setOpen((all) => all.map((one) => (one.id === id ? made : one)))
              setShown(made.id)
            }}
          />
        </div>
      ))}
      {open.length === 0 && (
        <div className="empty">
          <h2>No terminal is open</h2>
          <button type="button" className="button" onClick={add}>
            <Plus aria-hidden /> New terminal
          </button>
        </div>
      )}
    </div>
  )
}

/** Not `randomUUID`: pages that came over plain http do not have it. */
function newTerminal(): OpenTerminal {
  const bytes = crypto.getRandomValues(new Uint8Array(8))
  return { id: prefix + [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(''), isNew: true }
}
