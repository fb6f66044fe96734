import { Plus, Webhook } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { Link, Route, Switch, useLocation } from 'wouter'
import { type Column, DataTable } from '../design/data-table.tsx'
import { useKeys } from '../design/keys.ts'
import { Loaded, Page } from '../design/page.tsx'
import { ago, moment } from '../design/times.ts'
import { useNow } from '../design/use-now.ts'
import { useMay } from '../platform/permissions.ts'
import { type Endpoint, useEndpoints } from './calls.ts'
import { CreateEndpoint } from './endpoint-form.tsx'
import { EndpointPage } from './endpoint-page.tsx'
import { SecretShown } from './secret-dialogs.tsx'
import { EndpointState } from './states.tsx'
import './webhooks.css'

/** Who is told of what happens: the list, and one of them with its deliveries. */
export function WebhooksPage(): ReactNode {
  return (
    <Switch>
      <Route path="/webhooks/:id">{({ id }) => <EndpointPage key={id} id={id} />}</Route>
      <Route>
        <Endpoints />
      </Route>
    </Switch>
  )
}

function Endpoints(): ReactNode {
  const query = useEndpoints()
  const may = useMay()('write:sandboxes')
  const [, go] = useLocation()
  const [isCreating, setCreating] = useState(false)
  const [made, setMade] = useState<(Endpoint & { readonly secret: string }) | null>(null)
  const create = (): void => setCreating(true)
  useKeys({ c: () => may && create() })
  return (
    <Page
      title="Webhooks"
      actions={
        may && (
          <button type="button" className="button" data-kind="primary" onClick={create}>
            <Plus aria-hidden /> Add
          </button>
        )
      }
    >
      <Loaded query={query} what="Your webhooks could not be read">
        {(endpoints) =>
          endpoints.length === 0 ? (
            <NoneYet onCreate={may ? create : undefined} />
          ) : (
            <EndpointTable endpoints={endpoints} />
          )
        }
      </Loaded>
      {isCreating && (
        <CreateEndpoint
          onCreated={(endpoint) => {
            setCreating(false)
            setMade(endpoint)
          }}
          onClose={() => setCreating(false)}
        />
      )}
      {made !== null && <SecretShown secret={made.secret} onClose={() => go(`/webhooks/${made.id}`)} />}
    </Page>
  )
}

function EndpointTable({ endpoints }: { endpoints: readonly Endpoint[] }): ReactNode {
  const now = useNow(15_000)
  const columns: readonly Column<Endpoint>[] = [
    {
      name: 'URL',
      sortBy: ({ url }) => url,
      cell: ({ id, url, description }) => (
        <div className="stack">
          <Link className="row-link" href={`/webhooks/${id}`}>
            {url}
          </Link>
          {description !== '' && <span className="quiet small">{description}</span>}
        </div>
      ),
    },
    { name: 'State', cell: (endpoint) => <EndpointState endpoint={endpoint} /> },
    {
      name: 'Tells of',
      cell: ({ events }) => <span className="small">{events.length === 0 ? 'everything' : events.join(', ')}</span>,
    },
    {
      name: 'Created',
      isExtra: true,
      sortBy: ({ createdAt }) => createdAt,
      cell: ({ createdAt }) => <span title={moment(createdAt)}>{ago(createdAt, now)}</span>,
    },
  ]
  return <DataTable label="Webhooks" rows={endpoints} columns={columns} keyOf={({ id }) => id} />
}

function NoneYet({ onCreate }: { onCreate: (() => void) | undefined }): ReactNode {
  return (
    <div className="empty">
      <Webhook aria-hidden />
      <h2>No webhooks yet</h2>
      <p>
        A webhook tells a server of yours what happens to sandboxes, snapshots and volumes: signed, and again until it
        is taken.
      </p>
      {onCreate !== undefined && (
        <button type="button" className="button" data-kind="primary" onClick={onCreate}>
          <Plus aria-hidden /> Add your first webhook
        </button>
      )}
    </div>
  )
}
