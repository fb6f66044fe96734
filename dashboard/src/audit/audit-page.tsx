import { DaytonaForbiddenError } from '@sandyard/sdk'
import { Download, LoaderCircle, ScrollText, SearchX } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { useLocation, useSearch } from 'wouter'
import { type Column, DataTable } from '../design/data-table.tsx'
import { Loaded, Page } from '../design/page.tsx'
import { ago, moment } from '../design/times.ts'
import { useNow } from '../design/use-now.ts'
import { NeedsRight } from '../platform/needs-right.tsx'
import { useMay } from '../platform/permissions.ts'
import { csvOf, download } from './csv.ts'
import { type AuditEntry, actionText, actorText, keyText, useAuditEntries } from './entries.ts'
import { EntryDialog, Outcome, Target } from './entry-dialog.tsx'
import { type AuditFilter, conditionsOf, filterSearch, isFiltered, readFilter } from './filter.ts'
import { AuditFilters } from './filters.tsx'
import './audit.css'

/** Who did what in the organization. */
export function AuditPage(): ReactNode {
  const may = useMay()('read:audit_logs')
  const [, go] = useLocation()
  const filter = readFilter(useSearch())
  const query = useAuditEntries([filter], () => conditionsOf(filter), may)
  const entries = query.data?.pages.flatMap(({ items }) => items) ?? []
  const setFilter = (next: AuditFilter): void => go(`/audit${filterSearch(next)}`, { replace: true })
  if (!may || query.error instanceof DaytonaForbiddenError)
    return (
      <Page title="Audit log">
        <NeedsRight what="The audit log" right="read:audit_logs" />
      </Page>
    )
  return (
    <Page
      title="Audit log"
      actions={
        <button
          type="button"
          className="button"
          disabled={entries.length === 0}
          title="The entries that are shown, as comma-separated values"
          onClick={() => download('audit-log.csv', csvOf(entries), 'text/csv')}
        >
          <Download aria-hidden /> CSV
        </button>
      }
    >
      <AuditFilters filter={filter} onChange={setFilter} />
      <Loaded query={query} what="The audit log could not be read">
        {() =>
          entries.length === 0 ? (
            <None isFiltered={isFiltered(filter)} />
          ) : (
            <>
              <EntryTable entries={entries} />
              {query.hasNextPage && (
                <div className="show-more">
                  <button
                    type="button"
                    className="button"
                    disabled={query.isFetchingNextPage}
                    onClick={() => void query.fetchNextPage()}
                  >
                    {query.isFetchingNextPage && <LoaderCircle className="spin" aria-hidden />} Show more
                  </button>
                </div>
              )}
            </>
          )
        }
      </Loaded>
    </Page>
  )
}

function EntryTable({ entries }: { entries: readonly AuditEntry[] }): ReactNode {
  const now = useNow(15_000)
  const [shown, setShown] = useState<AuditEntry | null>(null)
  const columns: readonly Column<AuditEntry>[] = [
    {
      name: 'Action',
      cell: (entry) => (
        <button type="button" className="row-button" onClick={() => setShown(entry)}>
          {actionText(entry)}
        </button>
      ),
    },
    { name: 'Target', cell: (entry) => <Target entry={entry} isShort /> },
    {
      name: 'Who',
      cell: (entry) => (
        <div className="stack">
          <span className="nowrap">{actorText(entry)}</span>
          {keyText(entry) !== undefined && <code className="quiet small">{keyText(entry)}</code>}
        </div>
      ),
    },
    { name: 'Outcome', cell: (entry) => <Outcome entry={entry} /> },
    { name: 'From', isExtra: true, cell: ({ ipAddress }) => <span className="quiet nowrap">{ipAddress}</span> },
    {
      name: 'When',
      cell: ({ createdAt }) => (
        <span className="nowrap" title={moment(createdAt)}>
          {ago(createdAt, now)}
        </span>
      ),
    },
  ]
  return (
    <>
      <DataTable label="Audit log" rows={entries} columns={columns} keyOf={({ id }) => id} />
      {shown !== null && <EntryDialog entry={shown} onClose={() => setShown(null)} />}
    </>
  )
}

function None({ isFiltered: isAsked }: { isFiltered: boolean }): ReactNode {
  return (
    <div className="empty">
      {isAsked ? <SearchX aria-hidden /> : <ScrollText aria-hidden />}
      <h2>{isAsked ? 'No entry fits' : 'Nothing was noted yet'}</h2>
      <p>Each call that changes something leaves an entry here: who, what, from where, and whether it was let.</p>
    </div>
  )
}
