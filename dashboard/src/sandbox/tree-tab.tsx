import { Camera, GitFork } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { Link } from 'wouter'
import { Card, Cards } from '../design/cards.tsx'
import { Loaded } from '../design/page.tsx'
import { State } from '../design/state.tsx'
import { useTell } from '../design/toasts.tsx'
import { Ago } from '../design/when.tsx'
import { canDo, useRights } from '../sandboxes/actions.ts'
import { AskDialog } from '../sandboxes/ask-dialogs.tsx'
import type { SandboxDetail } from '../sandboxes/live.ts'
import type { Asked } from '../sandboxes/menu-actions.ts'
import { StateBadge } from '../sandboxes/states.tsx'
import { toneOfSnapshot, useSnapshots } from '../snapshots/live.ts'
import { sizeText } from '../snapshots/size-text.ts'
import { type Family, type FamilyNode, useFamily } from './tree/family.ts'
import './tree/tree.css'

/** Where a sandbox comes from and what was made from it. */
export function TreeTab({ sandbox }: { sandbox: SandboxDetail }): ReactNode {
  const { canWrite } = useRights()
  const tell = useTell()
  const [asked, setAsked] = useState<Asked | null>(null)
  const ask = (kind: Asked['kind']): void => setAsked({ kind, sandboxes: [sandbox] })
  const canFork = canDo('fork', sandbox)
  const canSave = canDo('snapshot', sandbox)
  return (
    <Cards label="Forks and snapshots">
      <Card
        title="Forks"
        description={
          canFork
            ? 'A fork is a new sandbox that begins with a copy of this disk. Both go their own ways from there.'
            : 'A fork is a new sandbox that begins with a copy of this disk. It is made of one that is started: start this one first.'
        }
        actions={
          canWrite && (
            <button type="button" className="button" disabled={!canFork} onClick={() => ask('fork')}>
              <GitFork aria-hidden /> Fork…
            </button>
          )
        }
      >
        <Tree sandbox={sandbox} />
      </Card>
      <Card
        title="Snapshots of it"
        description={
          canSave
            ? 'A snapshot keeps the disk as it is now. Any number of sandboxes can be made from it, also when this one is gone.'
            : 'A snapshot keeps the disk as it is. It is made of a sandbox that is started or stopped.'
        }
        actions={
          canWrite && (
            <button type="button" className="button" disabled={!canSave} onClick={() => ask('snapshot')}>
              <Camera aria-hidden /> Create a snapshot…
            </button>
          )
        }
      >
        <Snapshots sandboxId={sandbox.id} />
      </Card>
      <Card
        title="Backup"
        description="The platform keeps the disk, also while the sandbox is stopped or archived, and needs no backup for that. Against the loss of the machine, the administrator backs up the whole platform."
      />
      {asked !== null && (
        <AskDialog
          asked={asked}
          onClose={() => setAsked(null)}
          onForked={({ name }) => tell.done(`${name} is there`)}
        />
      )}
    </Cards>
  )
}

function Tree({ sandbox }: { sandbox: SandboxDetail }): ReactNode {
  const query = useFamily(sandbox)
  return (
    <Loaded query={query} what="The forks could not be read">
      {(family) =>
        family.root.forks.length === 0 ? (
          <p className="quiet">It was not forked, and is no fork.</p>
        ) : (
          <Lines family={family} ownId={sandbox.id} />
        )
      }
    </Loaded>
  )
}

function Lines({ family: { root, isCut }, ownId }: { family: Family; ownId: string }): ReactNode {
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
      <section className="fork-tree" tabIndex={0} aria-label="Tree of forks">
        <ul>
          <Branch node={root} ownId={ownId} />
        </ul>
      </section>
      {isCut && <p className="quiet small">There are more; the ones nearest to the first are shown.</p>}
      <p className="quiet small">A sandbox can be deleted once its forks are.</p>
    </>
  )
}

function Branch({ node: { sandbox, forks }, ownId }: { node: FamilyNode; ownId: string }): ReactNode {
  const isOwn = sandbox.id === ownId
  return (
    <li>
      <div className="relative" aria-current={isOwn ? 'true' : undefined}>
        {isOwn ? <b>{sandbox.name}</b> : <Link href={`/sandboxes/${sandbox.id}/tree`}>{sandbox.name}</Link>}
        <StateBadge sandbox={sandbox} />
        {isOwn && <span className="quiet small">this one</span>}
        <span className="quiet small made">
          <Ago iso={sandbox.createdAt} />
        </span>
      </div>
      {forks.length > 0 && (
        <ul>
          {forks.map((fork) => (
            <Branch key={fork.sandbox.id} node={fork} ownId={ownId} />
          ))}
        </ul>
      )}
    </li>
  )
}

function Snapshots({ sandboxId }: { sandboxId: string }): ReactNode {
  const query = useSnapshots()
  return (
    <Loaded query={query} what="The snapshots could not be read">
      {(all) => {
        const own = all.filter(({ sourceSandboxId }) => sourceSandboxId === sandboxId)
        if (own.length === 0) return <p className="quiet">None yet.</p>
        return (
          <ul className="saved-list" aria-label="Snapshots of this sandbox">
            {own.map(({ id, name, state, size, createdAt, errorReason }) => (
              <li key={id}>
                <Link href={`/snapshots/${id}`}>{name}</Link>
                <span>
                  <State tone={toneOfSnapshot(state)} word={state} reason={errorReason} />
                </span>
                {size !== null && <span className="quiet small numbers">{sizeText(size)}</span>}
                <span className="quiet small made">
                  <Ago iso={createdAt} />
                </span>
              </li>
            ))}
          </ul>
        )
      }}
    </Loaded>
  )
}
