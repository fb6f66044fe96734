import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { History } from 'lucide-react'
import { type ReactNode, useEffect, useState } from 'react'
import { type AuditEntry, useAuditEntries } from '../audit/entries.ts'
import { EntryDialog } from '../audit/entry-dialog.tsx'
import { Note } from '../design/notes.tsx'
import { Loaded } from '../design/page.tsx'
import { Segments } from '../design/segments.tsx'
import { useMay } from '../platform/permissions.ts'
import { usePlatform } from '../platform/platform.tsx'
import type { SandboxDetail } from '../sandboxes/live.ts'
import { mergeMoments } from './activity/moments.ts'
import { Timeline } from './activity/timeline.tsx'
import './activity/activity.css'

const kinds = [
  { value: 'all', name: 'All' },
  { value: 'action', name: 'What people did' },
  { value: 'event', name: 'What happened' },
] as const

const pageSize = 100
const lookMs = 20_000

/** What was done to a sandbox, and what happened to it, in one line of time. */
export function ActivityTab({ sandbox }: { sandbox: SandboxDetail }): ReactNode {
  const mayAudit = useMay()('read:audit_logs')
  const [kind, setKind] = useState<(typeof kinds)[number]['value']>('all')
  const [shown, setShown] = useState<AuditEntry | null>(null)
  const events = useHappenings(sandbox)
  const actions = useAuditEntries(
    ['sandbox', sandbox.id],
    () => ({ 'targetType[eq]': 'sandbox', 'targetId[in]': [sandbox.id, sandbox.name] }),
    mayAudit,
  )
  useFresh(sandbox)
  const hasMore = events.hasNextPage || (mayAudit && actions.hasNextPage)
  return (
    <section className="activity">
      <div className="filters">
        <Segments label="What is shown" options={kinds} value={kind} onChange={setKind} />
      </div>
      {!mayAudit && (
        <Note>
          What people did is in the audit log, which needs the right <code>read:audit_logs</code>.
        </Note>
      )}
      {mayAudit && actions.error !== null && (
        <Note kind="bad">What people did could not be read: {actions.error.message}</Note>
      )}
      <Loaded query={events} what="What happened could not be read">
        {(read) => {
          const moments = mergeMoments(
            { items: read.pages.flatMap(({ items }) => items), isWhole: !events.hasNextPage },
            {
              items: actions.data?.pages.flatMap(({ items }) => items) ?? [],
              isWhole: !actions.hasNextPage,
            },
          ).filter((one) => kind === 'all' || one.kind === kind)
          return moments.length === 0 ? (
            <div className="empty">
              <History aria-hidden />
              <h2>Nothing yet</h2>
            </div>
          ) : (
            <Timeline
              moments={moments}
              onShow={setShown}
              onMore={
                hasMore
                  ? () => {
                      if (events.hasNextPage) void events.fetchNextPage()
                      if (actions.hasNextPage) void actions.fetchNextPage()
                    }
                  : undefined
              }
            />
          )
        }}
      </Loaded>
      {shown !== null && <EntryDialog entry={shown} onClose={() => setShown(null)} />}
    </section>
  )
}

/** Changes of the state, the newest first. */
function useHappenings({ id, createdAt }: SandboxDetail) {
  const { daytona, organization } = usePlatform()
  return useInfiniteQuery({
    queryKey: ['sandbox-log', organization.id, id],
    queryFn: ({ signal, pageParam }) =>
      daytona.client.call(
        'getSandboxLogs',
        {
          params: { sandboxId: id },
          // A minute more at both ends: clocks differ.
          query: {
            from: new Date(Date.parse(createdAt) - 60_000).toISOString(),
            to: new Date(Date.now() + 60_000).toISOString(),
            page: pageParam,
            limit: pageSize,
          },
        },
        { signal },
      ),
    initialPageParam: 1,
    getNextPageParam: ({ page, totalPages }) => (page < totalPages ? page + 1 : undefined),
    refetchInterval: lookMs,
  })
}

/** Reads anew when the sandbox has changed. */
function useFresh({ id, state, updatedAt }: SandboxDetail): void {
  const { organization } = usePlatform()
  const queries = useQueryClient()
  // biome-ignore lint/correctness/useExhaustiveDependencies: a change of the state is what there is news of
  useEffect(() => {
    // Entries are written a moment after the answer.
    const timer = setTimeout(() => {
      void queries.invalidateQueries({ queryKey: ['sandbox-log', organization.id, id] })
      void queries.invalidateQueries({ queryKey: ['audit', organization.id, 'sandbox', id] })
    }, 400)
    return () => clearTimeout(timer)
  }, [queries, organization.id, id, state, updatedAt])
}
