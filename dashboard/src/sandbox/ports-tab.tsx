import { useQuery } from '@tanstack/react-query'
import { Plus } from 'lucide-react'
import { type FormEvent, type ReactNode, useState } from 'react'
import { Card, Cards } from '../design/cards.tsx'
import { numberOf } from '../design/form-dialog.tsx'
import { Loaded } from '../design/page.tsx'
import { useKept } from '../design/use-kept.ts'
import { useMay } from '../platform/permissions.ts'
import type { SandboxDetail } from '../sandboxes/live.ts'
import { signInToPreviews } from '../session/doors.ts'
import { DomainsCard } from './ports/domains-card.tsx'
import { PortList } from './ports/port-list.tsx'
import './ports/ports.css'
import { type SharedLink, useListening } from './ports/ports.ts'
import { PublicCard } from './ports/public-card.tsx'
import { ShareDialog } from './ports/share-dialog.tsx'
import { SharedLinks } from './ports/shared-links.tsx'
import { type Tools, WithTools } from './tools.tsx'

/** Ports of a sandbox: what answers, how it is opened, and by whom. */
export function PortsTab({ sandbox }: { sandbox: SandboxDetail }): ReactNode {
  return <WithTools id={sandbox.id}>{(tools) => <Ports tools={tools} sandbox={sandbox} />}</WithTools>
}

const noPorts: readonly number[] = []
/** The sign-in to previews is good for a day. */
const signInMs = 3600_000

function Ports({ tools, sandbox }: { tools: Tools; sandbox: SandboxDetail }): ReactNode {
  const may = useMay()
  const mayWrite = may('write:sandboxes')
  const query = useListening(tools)
  const [asked, setAsked] = useKept(['asked-ports', tools.id], noPorts)
  const [sharing, setSharing] = useState<{ port: number; made: SharedLink | null } | null>(null)
  const [adding, setAdding] = useState<number | 'any' | null>(null)
  // So that private ones open without another sign-in; without it they ask.
  useQuery({ queryKey: ['preview-sign-in'], queryFn: signInToPreviews, staleTime: signInMs })

  return (
    <Cards label="Ports">
      <Card
        title="Ports that answer"
        description="A program that listens on a port of the sandbox is here within seconds, with an address of its own."
        actions={<PortForm onAsk={(port) => setAsked((all) => (all.includes(port) ? all : [...all, port]))} />}
      >
        <Loaded query={query} what="The ports could not be read">
          {(listening) =>
            listening.length + asked.length === 0 ? (
              <div className="no-ports">
                <p>Nothing listens yet. Start a server in the terminal, for example:</p>
                <code>python3 -m http.server 8000</code>
              </div>
            ) : (
              <PortList
                tools={tools}
                listening={listening}
                asked={asked}
                onShare={(port) => setSharing({ port, made: null })}
                onDomain={mayWrite ? setAdding : null}
                onForget={(port) => setAsked((all) => all.filter((one) => one !== port))}
              />
            )
          }
        </Loaded>
      </Card>
      <SharedLinks tools={tools} onShow={(made) => setSharing({ port: made.port, made })} />
      <PublicCard sandbox={sandbox} mayWrite={mayWrite} />
      <DomainsCard tools={tools} mayWrite={mayWrite} adding={adding} onAdd={setAdding} />
      {sharing !== null && (
        <ShareDialog tools={tools} sandbox={sandbox} {...sharing} onClose={() => setSharing(null)} />
      )}
    </Cards>
  )
}

/** A port that is not there yet, or that one wants to be told of. */
function PortForm({ onAsk }: { onAsk: (port: number) => void }): ReactNode {
  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault()
    const port = numberOf(new FormData(event.currentTarget), 'port')
    if (port !== undefined) onAsk(port)
    event.currentTarget.reset()
  }
  return (
    <form className="port-form" onSubmit={submit}>
      <input
        className="input"
        name="port"
        type="number"
        min={1}
        max={65_535}
        required
        aria-label="Another port"
        placeholder="Another port"
      />
      <button type="submit" className="button">
        <Plus aria-hidden /> Add
      </button>
    </form>
  )
}
