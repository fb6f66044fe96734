import { useQueryClient } from '@tanstack/react-query'
import { Inbox, RotateCw } from 'lucide-react'
import { type ReactNode, useEffect, useState } from 'react'
import { ActionMenu } from '../design/action-menu.tsx'
import { Code } from '../design/code.tsx'
import { type Column, DataTable } from '../design/data-table.tsx'
import { Facts } from '../design/facts.tsx'
import { Modal } from '../design/modal.tsx'
import { Loaded } from '../design/page.tsx'
import { Segments } from '../design/segments.tsx'
import { ago, moment, span } from '../design/times.ts'
import { useTell } from '../design/toasts.tsx'
import { useNow } from '../design/use-now.ts'
import { useMay } from '../platform/permissions.ts'
import { usePlatform } from '../platform/platform.tsx'
import { type Delivery, type DeliveryState, type Endpoint, useDeliveries, useWebhookCalls } from './calls.ts'
import { ReplayFailed } from './secret-dialogs.tsx'
import { DeliveryBadge } from './states.tsx'

const states = [
  { value: 'all', name: 'All' },
  { value: 'failed', name: 'Failed' },
  { value: 'pending', name: 'On their way' },
  { value: 'delivered', name: 'Delivered' },
] as const satisfies readonly { value: DeliveryState | 'all'; name: string }[]

/** What was sent to an endpoint, as it goes on. */
export function Deliveries({ endpoint }: { endpoint: Endpoint }): ReactNode {
  const [state, setState] = useState<DeliveryState | 'all'>('all')
  const [page, setPage] = useState(1)
  const [shownId, setShownId] = useState<string | null>(null)
  const [isReplaying, setReplaying] = useState(false)
  const query = useDeliveries(endpoint.id, page, state === 'all' ? undefined : state)
  const may = useMay()('write:sandboxes')
  const replay = useReplay(endpoint)
  useEndpointFresh(query.data?.items)
  const shown = query.data?.items.find(({ id }) => id === shownId)
  return (
    <>
      <div className="filters deliveries-head">
        <Segments
          label="Deliveries"
          options={states}
          value={state}
          onChange={(value) => {
            setState(value)
            setPage(1)
          }}
        />
        {may && (
          <button type="button" className="button" onClick={() => setReplaying(true)}>
            <RotateCw aria-hidden /> Send failed ones again…
          </button>
        )}
      </div>
      <Loaded query={query} what="What was sent could not be read">
        {({ items, totalPages }) =>
          items.length === 0 ? (
            <None state={state} />
          ) : (
            <>
              <DeliveryTable items={items} onShow={setShownId} onReplay={may ? replay : undefined} />
              {totalPages > 1 && <Pager page={page} pages={totalPages} onPage={setPage} />}
            </>
          )
        }
      </Loaded>
      {shown !== undefined && (
        <DeliveryDialog delivery={shown} onReplay={may ? replay : undefined} onClose={() => setShownId(null)} />
      )}
      {isReplaying && <ReplayFailed endpoint={endpoint} onClose={() => setReplaying(false)} />}
    </>
  )
}

/** What came of a message may have changed the endpoint, too: it is failing, was turned off, or works again. */
function useEndpointFresh(items: readonly Delivery[] | undefined): void {
  const { organization } = usePlatform()
  const queries = useQueryClient()
  const outcomes = items?.map(({ id, state, attempts }) => `${id} ${state} ${attempts}`).join()
  useEffect(() => {
    if (outcomes !== undefined) void queries.invalidateQueries({ queryKey: ['webhooks', organization.id] })
  }, [queries, organization.id, outcomes])
}

function useReplay({ id }: Endpoint): (delivery: Delivery) => void {
  const calls = useWebhookCalls()
  const tell = useTell()
  return (delivery) =>
    void calls.replay(id, delivery.id).then(
      () => tell.done(`${delivery.event} is sent again`),
      (error: unknown) => tell.failed('It could not be sent again', error),
    )
}

function DeliveryTable({
  items,
  onShow,
  onReplay,
}: {
  items: readonly Delivery[]
  onShow: (id: string) => void
  onReplay: ((delivery: Delivery) => void) | undefined
}): ReactNode {
  const now = useNow(5000)
  const columns: readonly Column<Delivery>[] = [
    {
      name: 'Event',
      cell: ({ id, event, payload }) => (
        <div className="stack">
          <button type="button" className="row-button" onClick={() => onShow(id)}>
            {event}
          </button>
          {typeof payload.newState === 'string' && (
            <span className="quiet small">
              {String(payload.oldState ?? '')} → {payload.newState}
            </span>
          )}
        </div>
      ),
    },
    { name: 'State', cell: (delivery) => <DeliveryBadge delivery={delivery} /> },
    { name: 'Answer', cell: (delivery) => <Answer delivery={delivery} /> },
    { name: 'Tries', isNumber: true, isExtra: true, cell: ({ attempts }) => attempts },
    {
      name: 'When',
      cell: ({ createdAt, nextAttemptAt, attempts }) => (
        <div className="stack">
          <span title={moment(createdAt)}>{ago(createdAt, now)}</span>
          {nextAttemptAt !== null && attempts > 0 && (
            <span className="quiet small">next try in {span(Date.parse(nextAttemptAt) - now)}</span>
          )}
        </div>
      ),
    },
  ]
  return (
    <DataTable
      label="Deliveries"
      rows={items}
      columns={columns}
      keyOf={({ id }) => id}
      menu={
        onReplay === undefined
          ? undefined
          : (delivery) => (
              <ActionMenu
                of={delivery.event}
                actions={[{ name: 'Send again', icon: RotateCw, run: () => onReplay(delivery) }]}
              />
            )
      }
    />
  )
}

function Answer({ delivery: { responseStatus, responseMs, error, attempts } }: { delivery: Delivery }): ReactNode {
  if (responseStatus === null) return <span className="quiet small">{error ?? (attempts === 0 ? '' : 'none')}</span>
  return (
    <span className="numbers">
      {responseStatus} {responseMs !== null && <span className="quiet small">in {responseMs} ms</span>}
    </span>
  )
}

function DeliveryDialog({
  delivery,
  onReplay,
  onClose,
}: {
  delivery: Delivery
  onReplay: ((delivery: Delivery) => void) | undefined
  onClose: () => void
}): ReactNode {
  const { id, event, payload, attempts, lastAttemptAt, nextAttemptAt, responseExcerpt, error } = delivery
  return (
    <Modal title={event} onClose={onClose}>
      <Facts
        rows={[
          ['State', <DeliveryBadge key="state" delivery={delivery} />],
          ['Tries', attempts],
          ['Last try', lastAttemptAt === null ? undefined : moment(lastAttemptAt)],
          ['Next try', nextAttemptAt === null ? undefined : moment(nextAttemptAt)],
          ['Answer', delivery.responseStatus === null ? undefined : <Answer key="answer" delivery={delivery} />],
          ['What went wrong', error ?? undefined],
          ['webhook-id', <code key="id">{id}</code>],
        ]}
      />
      <section className="labelled">
        <h3>What was sent</h3>
        <Code label="What was sent" text={JSON.stringify(payload, null, 2)} />
      </section>
      {responseExcerpt !== null && responseExcerpt !== '' && (
        <section className="labelled">
          <h3>What was answered</h3>
          <Code label="What was answered" text={responseExcerpt} />
        </section>
      )}
      {onReplay !== undefined && (
        <footer>
          <button type="button" className="button" onClick={() => onReplay(delivery)}>
            <RotateCw aria-hidden /> Send again
          </button>
        </footer>
      )}
    </Modal>
  )
}

function Pager({ page, pages, onPage }: { page: number; pages: number; onPage: (page: number) => void }): ReactNode {
  return (
    <nav className="pager" aria-label="Pages of deliveries">
      <button type="button" className="button" disabled={page <= 1} onClick={() => onPage(page - 1)}>
        Newer
      </button>
      <span className="quiet numbers">
        {page} of {pages}
      </span>
      <button type="button" className="button" disabled={page >= pages} onClick={() => onPage(page + 1)}>
        Older
      </button>
    </nav>
  )
}

function None({ state }: { state: DeliveryState | 'all' }): ReactNode {
  return (
    <div className="empty">
      <Inbox aria-hidden />
      <h2>{state === 'all' ? 'Nothing was sent yet' : 'There is none of these'}</h2>
      {state === 'all' && <p>Send a test, or start a sandbox: what comes of each message stands here.</p>}
    </div>
  )
}
