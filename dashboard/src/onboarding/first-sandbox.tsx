import { useQueryClient } from '@tanstack/react-query'
import { LoaderCircle, Plus, SquareTerminal } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { Link } from 'wouter'
import { Card } from '../design/cards.tsx'
import { Note } from '../design/notes.tsx'
import { usePlatform } from '../platform/platform.tsx'
import { putSandboxes, type SandboxItem, useSandboxes } from '../sandboxes/live.ts'
import { StateBadge } from '../sandboxes/states.tsx'

/** new sandboxes that are shown */
const mostShown = 3

/** Waits for the sandbox that a program of the user's makes, wherever it runs; or makes one. */
export function FirstSandbox(): ReactNode {
  const { daytona, organization } = usePlatform()
  const queries = useQueryClient()
  const { before, added } = useAdded()
  const [isBusy, setBusy] = useState(false)
  const [wrong, setWrong] = useState<string | null>(null)

  async function create(): Promise<void> {
    setBusy(true)
    setWrong(null)
    try {
      const { id } = await daytona.create({}, { wait: false })
      // The event that tells of it may be late.
      const made = await daytona.client.call('getSandbox', { params: { sandboxIdOrName: id } })
      putSandboxes(queries, organization.id, [made])
    } catch (error) {
      setWrong(error instanceof Error ? error.message : String(error))
    }
    setBusy(false)
  }

  return (
    <div className="your-sandbox">
      <Card
        title={before === 0 ? '3. Your first sandbox' : '3. Your sandbox'}
        description="This page sees it by itself when your program makes it. Or make it here."
        actions={
          <button
            type="button"
            className="button"
            data-kind={added.length === 0 ? 'primary' : undefined}
            disabled={isBusy}
            onClick={() => void create()}
          >
            {isBusy ? <LoaderCircle className="spin" aria-hidden /> : <Plus aria-hidden />}{' '}
            {added.length === 0 ? 'Create one here' : 'Create another'}
          </button>
        }
      >
        {wrong !== null && <Note kind="bad">{wrong}</Note>}
        <div className="arrivals" role="status">
          {added.length === 0 ? (
            <div className="arrival waiting">
              <span className="pulse" aria-hidden /> Waiting for a sandbox…
            </div>
          ) : (
            added.slice(0, mostShown).map((sandbox) => <Arrival key={sandbox.id} sandbox={sandbox} />)
          )}
        </div>
        {added.some(({ state }) => state === 'started') && (
          <p className="quiet">
            There it is. It stops by itself when nobody uses it for a while, and its files stay; it is deleted only when
            you say so. <Link href="/sandboxes">All your sandboxes</Link>
          </p>
        )}
      </Card>
    </div>
  )
}

function Arrival({ sandbox }: { sandbox: SandboxItem }): ReactNode {
  return (
    <div className="arrival">
      <Link className="cut" href={`/sandboxes/${sandbox.id}`}>
        {sandbox.name}
      </Link>
      <StateBadge sandbox={sandbox} />
      {sandbox.state === 'started' && (
        <Link className="button" data-kind="primary" href={`/sandboxes/${sandbox.id}/terminal`}>
          <SquareTerminal aria-hidden /> Open its terminal
        </Link>
      )}
      {sandbox.errorReason && <p className="fault small">{sandbox.errorReason}</p>}
    </div>
  )
}

/** How many sandboxes there were when the page was opened, and those that have come since, the newest first. */
function useAdded(): { before: number | null; added: readonly SandboxItem[] } {
  const { data } = useSandboxes()
  const { organization } = usePlatform()
  const [start, setStart] = useState<{ organizationId: string; ids: ReadonlySet<string> } | null>(null)
  if (data !== undefined && start?.organizationId !== organization.id) {
    setStart({ organizationId: organization.id, ids: new Set(data.map(({ id }) => id)) })
  }
  if (data === undefined || start === null) return { before: null, added: [] }
  return { before: start.ids.size, added: data.filter(({ id }) => !start.ids.has(id)) }
}
