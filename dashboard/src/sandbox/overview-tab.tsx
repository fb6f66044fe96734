import type { ReactNode } from 'react'
import { Note } from '../design/notes.tsx'
import { ago, moment } from '../design/times.ts'
import { useNow } from '../design/use-now.ts'
import { Resources } from '../sandboxes/columns.tsx'
import { ownLabels } from '../sandboxes/labels.ts'
import type { SandboxDetail } from '../sandboxes/live.ts'

/** What the platform knows of a sandbox. */
export function OverviewTab({ sandbox }: { sandbox: SandboxDetail }): ReactNode {
  const now = useNow(15_000)
  const at = (iso: string): ReactNode => <span title={moment(iso)}>{ago(iso, now)}</span>
  const labels = ownLabels(sandbox)
  const variables = Object.keys(sandbox.env)
  const groups: readonly (readonly [string, readonly (readonly [string, ReactNode])[]])[] = [
    [
      'Sandbox',
      [
        ['Id', <code key="id">{sandbox.id}</code>],
        ['Snapshot', sandbox.snapshot ?? 'an image of its own'],
        ['User', sandbox.user],
        ['Resources', <Resources key="resources" sandbox={sandbox} />],
        ['Region', sandbox.target],
        ['Created', at(sandbox.createdAt)],
        ['Last used', at(sandbox.lastActivityAt)],
      ],
    ],
    [
      'When nobody uses it',
      [
        ['Stops', after(sandbox.autoStopInterval)],
        ['Is archived', after(sandbox.autoArchiveInterval)],
        ['Is deleted', sandbox.autoDeleteInterval < 0 ? 'never' : deleted(sandbox.autoDeleteInterval)],
        ['A request starts it', sandbox.autoWake === true ? 'yes' : 'no'],
      ],
    ],
    [
      'Network',
      [
        ['Previews', sandbox.public ? 'open to everybody' : 'need a token or a sign-in'],
        [
          'Connections out',
          sandbox.networkBlockAll ? 'none' : (sandbox.networkAllowList ?? sandbox.domainAllowList ?? 'all public ones'),
        ],
      ],
    ],
    [
      'Given by you',
      [
        ['Labels', labels.length === 0 ? 'none' : labels.join(', ')],
        ['Variables', variables.length === 0 ? 'none' : variables.join(', ')],
        [
          'Volumes',
          sandbox.volumes.length === 0 ? 'none' : sandbox.volumes.map(({ mountPath }) => mountPath).join(', '),
        ],
      ],
    ],
  ]
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
    <section className="overview" tabIndex={0} aria-label="Overview">
      {sandbox.errorReason !== undefined && <Note kind="bad">{sandbox.errorReason}</Note>}
      <div className="facts">
        {groups.map(([title, facts]) => (
          <section key={title}>
            <h2>{title}</h2>
            <dl>
              {facts.map(([name, value]) => (
                <div key={name}>
                  <dt>{name}</dt>
                  <dd>{value}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </section>
  )
}

function after(minutes: number): string {
  return minutes === 0 ? 'never' : `after ${duration(minutes)}`
}

function deleted(minutes: number): string {
  return minutes === 0 ? 'as soon as it stops' : `${duration(minutes)} after its stop`
}

function duration(minutes: number): string {
  if (minutes % 1440 === 0) return `${minutes / 1440} d`
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${minutes} min`
}
