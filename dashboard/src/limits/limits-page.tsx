import { SlidersHorizontal } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { Link } from 'wouter'
import { Card } from '../design/cards.tsx'
import { Note } from '../design/notes.tsx'
import { Loaded, Page } from '../design/page.tsx'
import { useIsAdmin } from '../platform/permissions.ts'
import { useSandboxes } from '../sandboxes/live.ts'
import { Holders } from './holders.tsx'
import { LimitsDialog } from './limits-dialog.tsx'
import { isNear, type Meter, Meters } from './meters.tsx'
import { type RegionUsage, type Usage, unlimited, useUsage } from './usage.ts'
import { UsageOverTime } from './usage-over-time.tsx'
import './limits.css'

/** What the organization may have, what it has in use, and what it has taken over time. */
export function LimitsPage(): ReactNode {
  const query = useUsage()
  const isAdmin = useIsAdmin()
  const [isChanging, setChanging] = useState(false)
  return (
    <Page
      title="Limits and usage"
      actions={
        isAdmin && (
          <button
            type="button"
            className="button"
            disabled={query.data === undefined}
            onClick={() => setChanging(true)}
          >
            <SlidersHorizontal aria-hidden /> Change limits…
          </button>
        )
      }
    >
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
      <section className="limits" tabIndex={0} aria-label="Limits and usage">
        <Loaded query={query} what="What is in use could not be read">
          {(usage) => <Standing usage={usage} />}
        </Loaded>
        <UsageOverTime />
      </section>
      {isChanging && query.data !== undefined && <LimitsDialog usage={query.data} onClose={() => setChanging(false)} />}
    </Page>
  )
}

function Standing({ usage }: { usage: Usage }): ReactNode {
  const { regionUsage, rate } = usage
  const whole = metersOfAll(usage, useSandboxes().data?.length)
  const near = [...regionUsage.flatMap(metersOf), ...whole].filter(isNear)
  return (
    <>
      {near.length > 0 && <NearNote near={near} />}
      {regionUsage.map((region) => (
        <Card
          key={`${region.regionId} ${region.sandboxClass}`}
          title={`In region ${region.regionId}`}
          description={ofOneSandbox(region)}
        >
          <Meters meters={metersOf(region)} />
        </Card>
      ))}
      <Card title="In all regions">
        <Meters meters={whole} />
        {rate !== null && (
          <p className="quiet small numbers">
            Calls of the API: {rate.remaining.toLocaleString()} of {rate.limit.toLocaleString()} are left, and all of
            them again in {rate.resetSeconds} s.
          </p>
        )}
      </Card>
      <Holders regions={regionUsage} />
    </>
  )
}

function NearNote({ near }: { near: readonly Meter[] }): ReactNode {
  const isFull = near.some(({ used, total }) => total !== null && used >= total)
  return (
    <Note kind={isFull ? 'bad' : 'busy'}>
      <b>
        {near.map(({ name }) => name).join(', ')}: {isFull ? 'nothing is left.' : 'nearly all is in use.'}
      </b>{' '}
      {isFull ? 'What needs more is refused. ' : ''}
      <Link href="/sandboxes">Stop sandboxes</Link> that nobody uses: stopped ones take no CPU and memory, archived ones
      no disk. An administrator of the platform can raise the limits.
    </Note>
  )
}

function metersOf(region: RegionUsage): readonly Meter[] {
  return [
    { name: 'CPU', unit: 'cores', used: region.currentCpuUsage, total: limitOf(region.totalCpuQuota) },
    { name: 'Memory', unit: 'GiB', used: region.currentMemoryUsage, total: limitOf(region.totalMemoryQuota) },
    { name: 'Disk', unit: 'GiB', used: region.currentDiskUsage, total: limitOf(region.totalDiskQuota) },
    ...(region.totalGpuQuota > 0
      ? [{ name: 'GPU', unit: '', used: region.currentGpuUsage, total: limitOf(region.totalGpuQuota) }]
      : []),
  ]
}

function metersOfAll(usage: Usage, sandboxes: number | undefined): readonly Meter[] {
  return [
    ...(sandboxes === undefined
      ? []
      : [{ name: 'Sandboxes', unit: '', used: sandboxes, total: null, path: '/sandboxes' }]),
    {
      name: 'Snapshots',
      unit: '',
      used: usage.currentSnapshotUsage,
      total: limitOf(usage.totalSnapshotQuota),
      path: '/snapshots',
    },
    {
      name: 'Volumes',
      unit: '',
      used: usage.currentVolumeUsage,
      total: limitOf(usage.totalVolumeQuota),
      path: '/volumes',
    },
  ]
}

function limitOf(total: number): number | null {
  return total >= unlimited ? null : total
}

/** The most that one sandbox may have, where that is told. */
function ofOneSandbox(region: RegionUsage): string | undefined {
  const { maxCpuPerSandbox, maxMemoryPerSandbox, maxDiskPerSandbox } = region
  const most = [
    maxCpuPerSandbox === null ? [] : `${maxCpuPerSandbox} CPU`,
    maxMemoryPerSandbox === null ? [] : `${maxMemoryPerSandbox} GiB memory`,
    maxDiskPerSandbox === null ? [] : `${maxDiskPerSandbox} GiB disk`,
  ].flat()
  return most.length === 0 ? undefined : `One sandbox may have ${most.join(', ')} at most.`
}
