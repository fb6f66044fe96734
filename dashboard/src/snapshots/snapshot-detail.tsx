import { Boxes, ChevronLeft, Play, RotateCcw, Trash2 } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { Link, useLocation } from 'wouter'
import { ActionMenu } from '../design/action-menu.tsx'
import { Card, Cards } from '../design/cards.tsx'
import { Code, CodeChoice } from '../design/code.tsx'
import { Facts } from '../design/facts.tsx'
import { Gone, Note } from '../design/notes.tsx'
import { Loaded } from '../design/page.tsx'
import { State } from '../design/state.tsx'
import { Ago } from '../design/when.tsx'
import { useMay } from '../platform/permissions.ts'
import { useSnapshotAct } from './actions.ts'
import { BuildLog } from './build-log.tsx'
import { CreateDialog } from './create-dialog.tsx'
import { DeleteDialog } from './delete-dialog.tsx'
import { snapshotExamples } from './examples.ts'
import {
  canDoTo,
  canRetry,
  hasLog,
  isMaking,
  type Snapshot,
  toneOfSnapshot,
  useSnapshotDetail,
  useSnapshots,
} from './live.ts'
import { createPath, useSnapshotMenu } from './menu.ts'
import { sizeText } from './size-text.ts'
import './snapshots.css'

/** One snapshot: how it is made, what it is, how it is used. */
export function SnapshotDetail({ idOrName }: { idOrName: string }): ReactNode {
  const query = useSnapshots()
  // Here, for it stays while the one that failed goes.
  const [toRetry, setToRetry] = useState<Snapshot | null>(null)
  return (
    <>
      <Loaded query={query} what="The snapshot could not be read">
        {(snapshots) => {
          const snapshot =
            snapshots.find(({ id }) => id === idOrName) ?? snapshots.find(({ name }) => name === idOrName)
          return snapshot === undefined ? (
            <Gone what="snapshot" all="/snapshots" />
          ) : (
            <Shown key={snapshot.id} snapshot={snapshot} onRetry={setToRetry} />
          )
        }}
      </Loaded>
      {toRetry !== null && <CreateDialog failed={toRetry} onClose={() => setToRetry(null)} />}
    </>
  )
}

function Shown({ snapshot, onRetry }: { snapshot: Snapshot; onRetry: (failed: Snapshot) => void }): ReactNode {
  const { id, name, state, errorReason } = snapshot
  return (
    <div className="page snapshot-page">
      <title>{`${name} · Sandyard`}</title>
      <Head snapshot={snapshot} onRetry={onRetry} />
      <Cards label={name}>
        <div className="snapshot-main">
          {errorReason !== null && <Note kind="bad">{errorReason}</Note>}
          {state === 'inactive' && <Note>No sandbox can be made from it until it is activated again.</Note>}
          {hasLog(snapshot) && (
            <Card
              title="Build log"
              description={isMaking(snapshot) ? 'It goes on also when this page is closed.' : undefined}
            >
              <BuildLog id={id} isLive={isMaking(snapshot)} />
            </Card>
          )}
          {state === 'snapshotting' && <Note kind="busy">The disk of its sandbox is being saved.</Note>}
          {state === 'active' && (
            <Card title="Use it" description="With an API key in DAYTONA_API_KEY and this platform in DAYTONA_API_URL.">
              <CodeChoice label="Code that makes a sandbox" samples={snapshotExamples(name)} />
            </Card>
          )}
        </div>
        <div className="snapshot-side">
          <Card title="About it">
            <About snapshot={snapshot} />
          </Card>
          <Source snapshot={snapshot} />
        </div>
      </Cards>
    </div>
  )
}

function Head({ snapshot, onRetry }: { snapshot: Snapshot; onRetry: (failed: Snapshot) => void }): ReactNode {
  const { name, state } = snapshot
  const may = useMay()
  const act = useSnapshotAct()
  const [, go] = useLocation()
  const [isDeleting, setDeleting] = useState(false)
  const menu = useSnapshotMenu(() => setDeleting(true))
  const besides = new Set(['Create a sandbox', 'Activate', ...(isMaking(snapshot) ? ['Delete…'] : [])])
  return (
    <div className="page-head">
      <Link className="icon-button" href="/snapshots" aria-label="Back to all snapshots">
        <ChevronLeft />
      </Link>
      <h1 className="snapshot-title">{name}</h1>
      <State tone={toneOfSnapshot(state)} word={state.replaceAll('_', ' ')} />
      <div className="actions">
        {state === 'active' && may('write:sandboxes') && (
          <Link className="button" data-kind="primary" href={createPath(name)}>
            <Boxes aria-hidden /> Create a sandbox
          </Link>
        )}
        {canDoTo('activate', snapshot) && may('write:snapshots') && (
          <button type="button" className="button" onClick={() => void act('activate', [snapshot])}>
            <Play aria-hidden /> Activate
          </button>
        )}
        {canRetry(snapshot) && may('write:snapshots') && may('delete:snapshots') && (
          <RetryButton id={snapshot.id} onRetry={onRetry} />
        )}
        {isMaking(snapshot) && may('delete:snapshots') && (
          <button type="button" className="button" onClick={() => setDeleting(true)}>
            <Trash2 aria-hidden /> Cancel…
          </button>
        )}
        <ActionMenu of={name} actions={menu(snapshot).filter((action) => !besides.has(action.name))} />
      </div>
      {isDeleting && (
        <DeleteDialog
          snapshots={[snapshot]}
          onClose={() => setDeleting(false)}
          onDelete={() => {
            void act('delete', [snapshot])
            go('/snapshots')
          }}
        />
      )}
    </div>
  )
}

function RetryButton({ id, onRetry }: { id: string; onRetry: (failed: Snapshot) => void }): ReactNode {
  const { data } = useSnapshotDetail(id)
  return (
    <button
      type="button"
      className="button"
      data-kind="primary"
      disabled={data === undefined}
      onClick={() => data !== undefined && onRetry(data)}
    >
      <RotateCcw aria-hidden /> Try again…
    </button>
  )
}

function About({ snapshot }: { snapshot: Snapshot }): ReactNode {
  const { id, imageName, name, cpu, mem, disk, size, entrypoint, createdAt, lastUsedAt, sourceSandboxId } = snapshot
  return (
    <Facts
      rows={[
        ['Id', <code key="id">{id}</code>],
        ['Image', imageName === undefined || imageName === name ? undefined : <code key="image">{imageName}</code>],
        [
          'Disk of',
          sourceSandboxId === null ? undefined : (
            <Link key="from" href={`/sandboxes/${sourceSandboxId}/tree`}>
              sandbox {sourceSandboxId.slice(0, 8)}
            </Link>
          ),
        ],
        ['A sandbox gets', `${cpu} CPU, ${mem} GiB of memory, ${disk} GiB of disk`],
        ['Size', size === null ? undefined : sizeText(size)],
        [
          'Program it starts',
          entrypoint === null || entrypoint.length === 0 ? (
            'what the image says'
          ) : (
            <code key="entrypoint">{entrypoint.join(' ')}</code>
          ),
        ],
        ['Owner', snapshot.general ? 'the platform; everybody can use it' : 'your organization'],
        ['Created', <Ago key="created" iso={createdAt} />],
        ['Last used', lastUsedAt === null ? 'never' : <Ago key="used" iso={lastUsedAt} />],
      ]}
    />
  )
}

/** The Dockerfile, of one that was built from one. */
function Source({ snapshot: { id } }: { snapshot: Snapshot }): ReactNode {
  const build = useSnapshotDetail(id).data?.buildInfo
  if (build === undefined) return null
  return (
    <Card
      title="Dockerfile"
      description={build.contextHashes.length > 0 ? 'Files were uploaded with it; they are not shown.' : undefined}
    >
      <Code label="The Dockerfile" text={build.dockerfileContent} />
    </Card>
  )
}
