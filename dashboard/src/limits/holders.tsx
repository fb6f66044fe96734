import { type ReactNode, useMemo, useState } from 'react'
import { Link } from 'wouter'
import { Card } from '../design/cards.tsx'
import { Segments } from '../design/segments.tsx'
import { mostSandboxes, type SandboxItem, useSandboxes } from '../sandboxes/live.ts'
import { StateBadge } from '../sandboxes/states.tsx'
import { unitOf } from './meters.tsx'
import type { RegionUsage } from './usage.ts'

type Resource = 'cpu' | 'memory' | 'disk'

const resources: readonly { readonly value: Resource; readonly name: string; readonly unit: string }[] = [
  { value: 'cpu', name: 'CPU', unit: 'cores' },
  { value: 'memory', name: 'Memory', unit: 'GiB' },
  { value: 'disk', name: 'Disk', unit: 'GiB' },
]

const mostShown = 8

/** States in which a sandbox takes nothing of a limit, or only some of it; in all others it takes everything. */
const takesNothing = new Set(['archived', 'error', 'build_failed', 'destroying', 'destroyed'])
const takesDisk = new Set(['stopped', 'archiving'])

/** The sandboxes that hold most of what may be in use. */
export function Holders({ regions }: { regions: readonly RegionUsage[] }): ReactNode {
  const { data } = useSandboxes()
  const [resource, setResource] = useState<Resource>('cpu')
  const unit = resources.find(({ value }) => value === resource)?.unit ?? ''
  const { holders, sum } = useMemo(() => rank(data ?? [], resource), [data, resource])
  if (data === undefined) return null
  const total = regions.reduce((all, region) => all + inUse(region, resource), 0)
  const others = holders.slice(mostShown).reduce((all, { takes }) => all + takes, 0)
  // Of a list that was cut short it is not known what the others are.
  const ahead = data.length < mostSandboxes ? Math.max(0, total - sum) : 0
  const most = Math.max(holders[0]?.takes ?? 0, others, ahead, 1)
  return (
    <Card
      title="What holds most"
      description="What a sandbox may use counts, not what it uses."
      actions={<Segments label="Of" options={resources} value={resource} onChange={setResource} />}
    >
      {holders.length === 0 && ahead === 0 ? (
        <p className="quiet">No sandbox takes any {resources.find(({ value }) => value === resource)?.name} now.</p>
      ) : (
        <ul className="limit-holders">
          {holders.slice(0, mostShown).map(({ sandbox, takes }) => (
            <Row key={sandbox.id} takes={takes} most={most} unit={unit}>
              <Link href={`/sandboxes/${sandbox.id}`}>{sandbox.name}</Link> <StateBadge sandbox={sandbox} />
            </Row>
          ))}
          {others > 0 && (
            <Row takes={others} most={most} unit={unit}>
              {holders.length - mostShown} more <Link href="/sandboxes">sandboxes</Link>
            </Row>
          )}
          {ahead > 0 && (
            <Row takes={ahead} most={most} unit={unit}>
              Made ahead, by <Link href="/warm-pools">warm pools</Link>
            </Row>
          )}
        </ul>
      )}
    </Card>
  )
}

function Row({
  takes,
  most,
  unit,
  children,
}: {
  takes: number
  most: number
  unit: string
  children: ReactNode
}): ReactNode {
  return (
    <li>
      <span className="holder">{children}</span>
      <span className="holder-bar" aria-hidden>
        <span style={{ width: `${(100 * takes) / most}%` }} />
      </span>
      <span className="numbers">
        {takes.toLocaleString()} {unitOf(takes, unit)}
      </span>
    </li>
  )
}

function rank(sandboxes: readonly SandboxItem[], resource: Resource) {
  const holders = sandboxes
    .map((sandbox) => ({ sandbox, takes: taken(sandbox, resource) }))
    .filter(({ takes }) => takes > 0)
    .toSorted((one, other) => other.takes - one.takes || one.sandbox.name.localeCompare(other.sandbox.name))
  return { holders, sum: holders.reduce((all, { takes }) => all + takes, 0) }
}

function taken(sandbox: SandboxItem, resource: Resource): number {
  const { state, desiredState } = sandbox
  const isOnItsWay = desiredState === 'started' && (state === 'archived' || state === 'archiving')
  if (isOnItsWay) return sandbox[resource]
  if (takesNothing.has(state)) return 0
  const isResting = takesDisk.has(state) || (['resizing', 'snapshotting'].includes(state) && desiredState !== 'started')
  if (isResting && resource !== 'disk') return 0
  return state === 'paused' && resource === 'cpu' ? 0 : sandbox[resource]
}

function inUse(region: RegionUsage, resource: Resource): number {
  switch (resource) {
    case 'cpu':
      return region.currentCpuUsage
    case 'memory':
      return region.currentMemoryUsage
    case 'disk':
      return region.currentDiskUsage
  }
}
