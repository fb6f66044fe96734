import {
  createColumnHelper,
  createSortedRowModel,
  type RowSelectionState,
  rowSelectionFeature,
  rowSortingFeature,
  type SortingState,
  sortFn_alphanumeric,
  sortFn_basic,
  sortFn_datetime,
  tableFeatures,
} from '@tanstack/react-table'
import { Link } from 'wouter'
import { ago, moment } from '../design/times.ts'
import { useNow } from '../design/use-now.ts'
import { idleCost, nextText } from './idle.ts'
import { ownLabels, previewOf } from './labels.ts'
import type { SandboxItem } from './live.ts'
import { StateBadge } from './states.tsx'

/** What the table can do. */
export const features = tableFeatures({
  rowSortingFeature,
  rowSelectionFeature,
  sortedRowModel: createSortedRowModel(),
  sortFns: { alphanumeric: sortFn_alphanumeric, basic: sortFn_basic, datetime: sortFn_datetime },
})

export type { RowSelectionState, SortingState }

const column = createColumnHelper<typeof features, SandboxItem>()

/** The columns, in their order. */
export const columns = column.columns([
  column.accessor('name', {
    id: 'name',
    header: 'Name',
    sortFn: 'alphanumeric',
    cell: ({ row }) => <Name sandbox={row.original} />,
  }),
  column.accessor('state', {
    id: 'state',
    header: 'State',
    sortFn: 'alphanumeric',
    cell: ({ row }) => (
      <>
        <StateBadge sandbox={row.original} />
        {row.original.errorReason !== undefined && (
          <span className="reason small" title={row.original.errorReason}>
            {row.original.errorReason}
          </span>
        )}
      </>
    ),
  }),
  column.accessor('memory', {
    id: 'resources',
    header: 'Resources',
    sortFn: 'basic',
    cell: ({ row: { original } }) => <Cost sandbox={original} />,
  }),
  column.accessor('lastActivityAt', {
    id: 'activity',
    header: 'Last used',
    sortFn: 'basic',
    cell: ({ row }) => <Activity sandbox={row.original} />,
  }),
  column.accessor((sandbox) => sandbox.snapshot ?? '', {
    id: 'snapshot',
    header: 'Made from',
    sortFn: 'alphanumeric',
    cell: ({ getValue }) =>
      getValue() === '' ? <span className="quiet">an image</span> : <span className="cut">{getValue()}</span>,
  }),
  column.accessor('target', { id: 'region', header: 'Region', sortFn: 'alphanumeric' }),
  column.accessor((sandbox) => (sandbox.public ? 'public' : 'private'), {
    id: 'previews',
    header: 'Previews',
    sortFn: 'alphanumeric',
  }),
  column.accessor('createdAt', {
    id: 'created',
    header: 'Created',
    sortFn: 'basic',
    cell: ({ getValue }) => <Ago iso={getValue()} />,
  }),
])

function Name({ sandbox }: { sandbox: SandboxItem }) {
  const { id, name } = sandbox
  const labels = ownLabels(sandbox)
  const preview = previewOf(sandbox)
  return (
    <>
      <Link href={`/sandboxes/${id}`} className="name cut" tabIndex={-1}>
        {name}
      </Link>
      <span className="under small quiet cut">
        {preview !== undefined && (
          <Link href={`/previews/${preview}`} className="quiet" tabIndex={-1}>
            of a preview
          </Link>
        )}
        {preview === undefined && (labels.join(' · ') || id.slice(0, 8))}
      </span>
    </>
  )
}

/** What of the machine it has. */
export function Resources({
  sandbox: { cpu, memory, disk },
}: {
  sandbox: Pick<SandboxItem, 'cpu' | 'memory' | 'disk'>
}) {
  return (
    <span className="numbers">
      {cpu} CPU · {memory} GiB <span className="quiet">· {disk} GiB disk</span>
    </span>
  )
}

/** The same, and what of it is held although nobody uses it. */
function Cost({ sandbox }: { sandbox: SandboxItem }) {
  const now = useNow(15_000)
  const cost = idleCost(sandbox, now)
  return (
    <>
      <Resources sandbox={sandbox} />
      {cost !== null && (
        <span className="under small quiet cut cost" data-waste={cost.isWaste} title={cost.text}>
          {cost.text}
        </span>
      )}
    </>
  )
}

/** When it was last used, and how long it goes on without being used. */
function Activity({ sandbox }: { sandbox: SandboxItem }) {
  const now = useNow(15_000)
  const { lastActivityAt } = sandbox
  const next = nextText(sandbox, now)
  return (
    <>
      <span className="numbers" title={moment(lastActivityAt)}>
        {ago(lastActivityAt, now)}
      </span>
      {next !== undefined && <span className="under small quiet">{next}</span>}
    </>
  )
}

function Ago({ iso }: { iso: string }) {
  const now = useNow(15_000)
  return (
    <span className="numbers" title={moment(iso)}>
      {ago(iso, now)}
    </span>
  )
}
