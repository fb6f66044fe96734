import { ChevronLeft, KeyRound, Pencil, Power, Send, ShieldCheck, Trash2 } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { Link, useLocation } from 'wouter'
import { ActionMenu, type MenuAction } from '../design/action-menu.tsx'
import { Gone, Note } from '../design/notes.tsx'
import { Loaded } from '../design/page.tsx'
import { ago } from '../design/times.ts'
import { useTell } from '../design/toasts.tsx'
import { useNow } from '../design/use-now.ts'
import { useMay } from '../platform/permissions.ts'
import { type Endpoint, useEndpoints, useWebhookCalls } from './calls.ts'
import { Deliveries } from './deliveries.tsx'
import { EditEndpoint } from './endpoint-form.tsx'
import { DeleteEndpoint, HowToVerify, RotateSecret, SecretShown } from './secret-dialogs.tsx'
import { EndpointState } from './states.tsx'

type Open = 'edit' | 'rotate' | 'delete' | 'verify' | { readonly secret: string }

/** One endpoint with what was sent to it. */
export function EndpointPage({ id }: { id: string }): ReactNode {
  const query = useEndpoints()
  return (
    <div className="page">
      <Loaded query={query} what="Your webhooks could not be read">
        {(endpoints) => {
          const endpoint = endpoints.find((one) => one.id === id)
          return endpoint === undefined ? <Gone what="webhook" all="/webhooks" /> : <Shown endpoint={endpoint} />
        }}
      </Loaded>
    </div>
  )
}

function Shown({ endpoint }: { endpoint: Endpoint }): ReactNode {
  const { id, url, description, events, failingSince, disabledReason } = endpoint
  const may = useMay()('write:sandboxes')
  const calls = useWebhookCalls()
  const tell = useTell()
  const now = useNow(15_000)
  const [open, setOpen] = useState<Open | null>(null)
  const tried = (call: Promise<unknown>, told: string, undo?: () => void): void =>
    void call.then(
      () => tell.done(told, undo),
      (error: unknown) => tell.failed('That did not work', error),
    )
  const turn = (enabled: boolean): Promise<Endpoint> => calls.change(id, { enabled })
  const actions: readonly MenuAction[] = [
    { name: 'How to check signatures', icon: ShieldCheck, run: () => setOpen('verify') },
    ...(may
      ? ([
          { name: 'Change…', icon: Pencil, run: () => setOpen('edit') },
          endpoint.enabled
            ? {
                name: 'Turn off',
                icon: Power,
                run: () => tried(turn(false), 'The webhook is off', () => tried(turn(true), 'The webhook is on')),
              }
            : { name: 'Turn on', icon: Power, run: () => tried(turn(true), 'The webhook is on') },
          { name: 'New secret…', icon: KeyRound, run: () => setOpen('rotate') },
          { name: 'Delete…', icon: Trash2, isDanger: true, run: () => setOpen('delete') },
        ] as const)
      : []),
  ]
  return (
    <>
      <title>{`${url} · Webhooks · Sandyard`}</title>
      <div className="page-head">
        <Link className="icon-button" href="/webhooks" aria-label="Back to all webhooks">
          <ChevronLeft />
        </Link>
        <h1 className="cut endpoint-url" title={url}>
          {url}
        </h1>
        <EndpointState endpoint={{ ...endpoint, disabledReason: null }} />
        <div className="actions">
          {may && (
            <button
              type="button"
              className="button"
              disabled={!endpoint.enabled}
              title={endpoint.enabled ? undefined : 'It is off'}
              onClick={() => tried(calls.test(id), 'A message of type webhook.test is on its way')}
            >
              <Send aria-hidden /> Send a test
            </button>
          )}
          <ActionMenu of="this webhook" actions={actions} />
        </div>
      </div>
      <p className="lead">
        {description !== '' && <>{description}. </>}
        Tells of {events.length === 0 ? 'everything' : events.join(', ')}.
      </p>
      {!endpoint.enabled && disabledReason !== null && (
        <Note kind="bad">The platform has turned it off: {disabledReason}</Note>
      )}
      {endpoint.enabled && failingSince !== null && (
        <Note kind="bad">
          Nothing has reached it for {ago(failingSince, now).replace(' ago', '')}. It is tried less and less, and turned
          off after five days.
        </Note>
      )}
      <Deliveries endpoint={endpoint} />
      <Opened open={open} endpoint={endpoint} onOpen={setOpen} />
    </>
  )
}

function Opened({
  open,
  endpoint,
  onOpen,
}: {
  open: Open | null
  endpoint: Endpoint
  onOpen: (open: Open | null) => void
}): ReactNode {
  const [, go] = useLocation()
  const onClose = (): void => onOpen(null)
  if (open === null) return null
  if (typeof open === 'object') return <SecretShown secret={open.secret} onClose={onClose} />
  switch (open) {
    case 'edit':
      return <EditEndpoint endpoint={endpoint} onClose={onClose} />
    case 'rotate':
      return <RotateSecret endpoint={endpoint} onRotated={(secret) => onOpen({ secret })} onClose={onClose} />
    case 'delete':
      return <DeleteEndpoint endpoint={endpoint} onDeleted={() => go('/webhooks')} onClose={onClose} />
    case 'verify':
      return <HowToVerify onClose={onClose} />
  }
}
