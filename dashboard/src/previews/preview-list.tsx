import { GitPullRequest, Plus, RotateCw, SearchX, Trash2 } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { Link } from 'wouter'
import { ActionMenu, type MenuAction } from '../design/action-menu.tsx'
import { type Column, DataTable } from '../design/data-table.tsx'
import { useKeys } from '../design/keys.ts'
import { Loaded, Page } from '../design/page.tsx'
import { hasWords, SearchField } from '../design/search-field.tsx'
import { ago, moment } from '../design/times.ts'
import { useTell } from '../design/toasts.tsx'
import { useNow } from '../design/use-now.ts'
import { useMay } from '../platform/permissions.ts'
import { isBusy, type Preview, usePreviewCalls, usePreviews } from './calls.ts'
import { OutLink, PreviewState, PreviewsNav, PullRequest } from './parts.tsx'
import { DeletePreview, StartPreview } from './preview-dialogs.tsx'
import { previewName, repositoryName } from './words.ts'

/** All previews. */
export function PreviewList(): ReactNode {
  const query = usePreviews()
  const may = useMay()
  const mayWrite = may('write:sandboxes')
  const [isStarting, setStarting] = useState(false)
  const [wanted, setWanted] = useState('')
  const start = (): void => setStarting(true)
  useKeys({ c: () => mayWrite && start() })
  return (
    <Page
      title="Previews"
      actions={
        mayWrite && (
          <button type="button" className="button" data-kind="primary" onClick={start}>
            <Plus aria-hidden /> Preview a branch
          </button>
        )
      }
    >
      <PreviewsNav current="/previews" />
      <Loaded query={query} what="Your previews could not be read">
        {(previews) =>
          previews.length === 0 ? (
            <NoneYet onStart={mayWrite ? start : undefined} />
          ) : (
            <>
              <div className="filters">
                <SearchField label="Search by repository, branch or title" value={wanted} onChange={setWanted} />
              </div>
              <PreviewTable previews={previews.filter((preview) => hasWords(wordsOf(preview), wanted))} />
            </>
          )
        }
      </Loaded>
      {isStarting && <StartPreview onClose={() => setStarting(false)} />}
    </Page>
  )
}

function wordsOf({ repository, branch, commit, status, pullRequest }: Preview): string {
  return [repository, branch, commit, status, pullRequest?.title, `#${pullRequest?.number ?? ''}`].join(' ')
}

function PreviewTable({ previews }: { previews: readonly Preview[] }): ReactNode {
  const now = useNow(15_000)
  const actionsOf = useActions()
  const [deleting, setDeleting] = useState<Preview | null>(null)
  if (previews.length === 0)
    return (
      <div className="empty">
        <SearchX aria-hidden />
        <h2>No preview fits</h2>
      </div>
    )
  const columns: readonly Column<Preview>[] = [
    {
      name: 'Branch',
      sortBy: ({ branch }) => branch ?? '',
      cell: (preview) => (
        <div className="stack">
          <Link className="row-link" href={`/previews/${preview.id}`}>
            {preview.branch ?? 'the repository’s own'}
          </Link>
          {preview.pullRequest !== null && (
            <span className="small">
              <PullRequest of={preview.pullRequest} />
            </span>
          )}
        </div>
      ),
    },
    {
      name: 'Repository',
      sortBy: ({ repository }) => repository,
      cell: ({ repository }) => <span title={repository}>{repositoryName(repository)}</span>,
    },
    { name: 'State', sortBy: ({ status }) => status, cell: (preview) => <PreviewState preview={preview} hasReason /> },
    {
      name: 'Commit',
      isExtra: true,
      cell: ({ commit }) => <code title={commit ?? undefined}>{commit?.slice(0, 8)}</code>,
    },
    {
      name: 'URL',
      cell: ({ url, status }) => url !== null && status !== 'deleting' && <OutLink url={url}>Open</OutLink>,
    },
    {
      name: 'Changed',
      sortBy: ({ updatedAt }) => updatedAt,
      cell: ({ updatedAt }) => (
        <span className="nowrap" title={moment(updatedAt)}>
          {ago(updatedAt, now)}
        </span>
      ),
    },
  ]
  return (
    <>
      <DataTable
        label="Previews"
        rows={previews}
        columns={columns}
        keyOf={({ id }) => id}
        menu={(preview) => <ActionMenu of={previewName(preview)} actions={actionsOf(preview, setDeleting)} />}
      />
      {deleting !== null && <DeletePreview preview={deleting} onClose={() => setDeleting(null)} />}
    </>
  )
}

/** What can be done to a preview in the list. */
function useActions(): (preview: Preview, onDelete: (preview: Preview) => void) => readonly MenuAction[] {
  const may = useMay()
  const calls = usePreviewCalls()
  const tell = useTell()
  return (preview, onDelete) => [
    ...(may('write:sandboxes')
      ? [
          {
            name: 'Build anew',
            icon: RotateCw,
            isOff: isBusy(preview),
            run: () =>
              void calls.restart(preview.id).then(
                () => tell.done(`${previewName(preview)} is built anew`),
                (error: unknown) => tell.failed('It could not be built anew', error),
              ),
          },
        ]
      : []),
    ...(may('delete:sandboxes')
      ? [
          {
            name: 'Delete…',
            icon: Trash2,
            isDanger: true,
            isOff: preview.status === 'deleting',
            run: () => onDelete(preview),
          },
        ]
      : []),
  ]
}

function NoneYet({ onStart }: { onStart: (() => void) | undefined }): ReactNode {
  return (
    <div className="empty">
      <GitPullRequest aria-hidden />
      <h2>No previews yet</h2>
      <p>
        Name a repository and a branch, and see it served a minute later. With a webhook each pull request gets its own
        preview, which follows its pushes and goes when it is closed.
      </p>
      {onStart !== undefined && (
        <button type="button" className="button" data-kind="primary" onClick={onStart}>
          <Plus aria-hidden /> Preview your first branch
        </button>
      )}
      <Link href="/previews/projects">Set up a repository with its webhook</Link>
    </div>
  )
}
