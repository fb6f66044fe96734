import { Pencil } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { Link } from 'wouter'
import { Fold } from '../design/fold.tsx'
import { Note } from '../design/notes.tsx'
import { ago, minutesText, moment, span } from '../design/times.ts'
import { useNow } from '../design/use-now.ts'
import { useRights } from '../sandboxes/actions.ts'
import { BuildLog, isBuilding } from '../sandboxes/build-log.tsx'
import { Resources } from '../sandboxes/columns.tsx'
import { listPath, noFilter } from '../sandboxes/filter.ts'
import { idleCost, nextSteps, stepText } from '../sandboxes/idle.ts'
import { ownLabels, previewOf } from '../sandboxes/labels.ts'
import type { SandboxDetail } from '../sandboxes/live.ts'
import { useVolumes } from '../volumes/live.ts'
import { AccessDialog, LabelsDialog, TimersDialog } from './overview/edit-dialogs.tsx'

type Editing = 'labels' | 'timers' | 'access'

/** What the platform knows of a sandbox, and what of it can be changed. */
export function OverviewTab({ sandbox }: { sandbox: SandboxDetail }): ReactNode {
  const [editing, setEditing] = useState<Editing | null>(null)
  const { canWrite } = useRights()
  const edit = canWrite ? setEditing : null
  const close = (): void => setEditing(null)
  // Of one that is there, how it was built matters least.
  const isAboutBuild = isBuilding(sandbox) || sandbox.state === 'build_failed'
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
    <section className="overview" tabIndex={0} aria-label="Overview">
      {sandbox.errorReason !== undefined && <Note kind="bad">{sandbox.errorReason}</Note>}
      {isAboutBuild && <Built sandbox={sandbox} />}
      <div className="facts">
        <About sandbox={sandbox} />
        <Timers sandbox={sandbox} onEdit={edit} />
        <Reach sandbox={sandbox} onEdit={edit} />
        <Given sandbox={sandbox} onEdit={edit} />
      </div>
      {!isAboutBuild && <Built sandbox={sandbox} />}
      {editing === 'labels' && <LabelsDialog sandbox={sandbox} onClose={close} />}
      {editing === 'timers' && <TimersDialog sandbox={sandbox} onClose={close} />}
      {editing === 'access' && <AccessDialog sandbox={sandbox} onClose={close} />}
    </section>
  )
}

interface CardProps {
  readonly sandbox: SandboxDetail
  readonly onEdit: ((what: Editing) => void) | null
}

/** The log of what it was built from: open while that is what matters. */
function Built({ sandbox }: { sandbox: SandboxDetail }): ReactNode {
  const [isWanted, setWanted] = useState(false)
  if (isBuilding(sandbox) || sandbox.state === 'build_failed') {
    return (
      <section className="built">
        <h2>Build</h2>
        <BuildLog sandbox={sandbox} />
        <Dockerfile sandbox={sandbox} />
      </section>
    )
  }
  if (sandbox.buildInfo === undefined) return null
  return (
    <div className="built">
      <Fold title="Dockerfile and log of its build" onOpen={() => setWanted(true)}>
        <Dockerfile sandbox={sandbox} />
        {isWanted && <BuildLog sandbox={sandbox} />}
      </Fold>
    </div>
  )
}

function Dockerfile({ sandbox: { buildInfo } }: { sandbox: SandboxDetail }): ReactNode {
  if (buildInfo === undefined) return null
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
    <section tabIndex={0} aria-label="Dockerfile" className="log">
      {buildInfo.dockerfileContent.slice(0, 20_000)}
    </section>
  )
}

function About({ sandbox }: { sandbox: SandboxDetail }): ReactNode {
  const now = useNow(15_000)
  const at = (iso: string): ReactNode => <span title={moment(iso)}>{ago(iso, now)}</span>
  const cost = idleCost(sandbox, now)
  const { snapshot } = sandbox
  return (
    <Card title="Sandbox">
      <Fact name="Id">
        <code>{sandbox.id}</code>
      </Fact>
      <Fact name="Made from">
        {snapshot === undefined ? (
          'an image of its own'
        ) : (
          <Link href={listPath({ ...noFilter, snapshot })} title="Sandboxes of the same snapshot">
            {snapshot}
          </Link>
        )}
      </Fact>
      <Fact name="Resources">
        <Resources sandbox={sandbox} />
      </Fact>
      {cost !== null && <Fact name="Unused, it">{cost.text.replace(/^idle/, 'is idle')}</Fact>}
      <Fact name="Isolation">
        {sandbox.sandboxClass}
        {sandbox.user !== '' && (
          <>
            , its programs work as <code>{sandbox.user}</code>
          </>
        )}
      </Fact>
      <Fact name="Region">{sandbox.target}</Fact>
      <Fact name="Backup">{backupWords[sandbox.backupState] ?? sandbox.backupState}</Fact>
      <Fact name="Created">{at(sandbox.createdAt)}</Fact>
      <Fact name="Last used">{at(sandbox.lastActivityAt)}</Fact>
    </Card>
  )
}

const backupWords: Readonly<Record<string, string>> = {
  None: 'none; its disk is on the machine that it runs on',
  InProgress: 'its disk is being packed away',
  Completed: 'its disk is packed away',
}

function Timers({ sandbox, onEdit }: CardProps): ReactNode {
  const now = useNow(15_000)
  const steps = nextSteps(sandbox)
  const { autoStopInterval, autoPauseInterval, autoDeleteInterval, autoDestroyAt, autoWake } = sandbox
  const after = (minutes: number): string => (minutes === 0 ? 'never' : `${minutesText(minutes)} after its last use`)
  return (
    <Card
      title="When nobody uses it"
      onEdit={onEdit === null ? null : () => onEdit('timers')}
      above={
        steps.length > 0 && (
          <p className="next-steps">
            {steps.map((step) => (
              <span key={step.what + step.atMs} title={moment(new Date(step.atMs).toISOString())}>
                {stepText(step, now)}
              </span>
            ))}
          </p>
        )
      }
    >
      {autoPauseInterval > 0 ? (
        <Fact name="Is paused">{after(autoPauseInterval)}</Fact>
      ) : (
        <Fact name="Stops">{after(autoStopInterval)}</Fact>
      )}
      {autoDeleteInterval !== 0 && <Fact name="Is archived">{after(sandbox.autoArchiveInterval)}</Fact>}
      <Fact name="Is deleted">
        {autoDeleteInterval < 0
          ? 'never'
          : autoDeleteInterval === 0
            ? 'as soon as it stops'
            : after(autoDeleteInterval)}
      </Fact>
      <Fact name="Ends at the latest">
        {autoDestroyAt === undefined
          ? 'never'
          : `${moment(autoDestroyAt)}, in ${span(Math.max(0, Date.parse(autoDestroyAt) - now))}`}
      </Fact>
      <Fact name="A visit starts it">
        {autoWake === undefined ? 'when it rests because nobody used it' : autoWake ? 'always' : 'never'}
      </Fact>
    </Card>
  )
}

function Reach({ sandbox, onEdit }: CardProps): ReactNode {
  return (
    <Card title="Network">
      <Fact name="Previews">
        {sandbox.public ? 'open to everybody' : 'need a token or a sign-in'}{' '}
        {onEdit !== null && (
          <button type="button" className="fact-button" onClick={() => onEdit('access')}>
            {sandbox.public ? 'Close…' : 'Open…'}
          </button>
        )}
      </Fact>
      <Fact name="Connections out">
        {reachWords(sandbox)} <Link href={`/sandboxes/${sandbox.id}/network`}>Rules</Link>
      </Fact>
    </Card>
  )
}

function reachWords({ networkBlockAll, networkAllowList, domainAllowList }: SandboxDetail): string {
  if (networkBlockAll) return 'none.'
  const lists = [domainAllowList, networkAllowList].filter((list) => list !== undefined)
  if (lists.length === 0) return 'all public addresses.'
  return lists.every((list) => list === '')
    ? 'none.'
    : `only ${lists.filter(Boolean).join(', ').replaceAll(',', ', ')}.`
}

function Given({ sandbox, onEdit }: CardProps): ReactNode {
  const labels = ownLabels(sandbox)
  const preview = previewOf(sandbox)
  const variables = Object.keys(sandbox.env)
  const secrets = (sandbox.secrets ?? []).flatMap((entry) => Object.entries(entry))
  return (
    <Card title="Given by you" onEdit={onEdit === null ? null : () => onEdit('labels')} editName="Edit labels">
      {preview !== undefined && (
        <Fact name="Preview">
          <Link href={`/previews/${preview}`}>it serves, or builds, this one</Link>
        </Fact>
      )}
      <Fact name="Labels">
        {labels.length === 0
          ? 'none'
          : labels.map((label) => (
              <Link key={label} className="label-link" href={listPath({ ...noFilter, label })}>
                {label}
              </Link>
            ))}
      </Fact>
      <Fact name="Variables">{variables.length === 0 ? 'none' : variables.join(', ')}</Fact>
      <Fact name="Volumes">{sandbox.volumes.length === 0 ? 'none' : <Mounts volumes={sandbox.volumes} />}</Fact>
      <Fact name="Secrets">
        {secrets.length === 0 ? 'none' : secrets.map(([variable, name]) => `${name} as ${variable}`).join(', ')}
      </Fact>
    </Card>
  )
}

/** Where each volume is, and which; without the right to read them, or of one that is gone, the place alone. */
function Mounts({ volumes }: Pick<SandboxDetail, 'volumes'>): ReactNode {
  const all = useVolumes().data ?? []
  return volumes.map(({ volumeId, mountPath }) => {
    const volume = all.find(({ id }) => id === volumeId)
    return (
      <div key={mountPath}>
        {volume !== undefined && <Link href="/volumes">{volume.name}</Link>}
        {volume !== undefined && ' at '}
        {mountPath}
      </div>
    )
  })
}

function Card({
  title,
  onEdit = null,
  editName = `Edit: ${title}`,
  above,
  children,
}: {
  title: string
  onEdit?: (() => void) | null
  editName?: string
  /** what stands between the title and the facts */
  above?: ReactNode
  children: ReactNode
}): ReactNode {
  return (
    <section>
      <div className="card-head">
        <h2>{title}</h2>
        {onEdit !== null && (
          <button type="button" className="button" data-kind="plain" aria-label={editName} onClick={onEdit}>
            <Pencil aria-hidden /> Edit
          </button>
        )}
      </div>
      {above}
      <dl className="fact-list">{children}</dl>
    </section>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }): ReactNode {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
