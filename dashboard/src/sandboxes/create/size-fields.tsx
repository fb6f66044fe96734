import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { TextField } from '../../design/fields.tsx'
import { usePlatform } from '../../platform/platform.tsx'

/** What a sandbox has unless another size is asked for. */
export interface UsualSize {
  readonly cpu: number
  readonly memory: number
  readonly disk: number
}

/** A total of this and more is no limit. */
const unlimited = 1_000_000

/** What the sandbox may use, and what the organization lets it. */
export function SizeFields({ usual }: { usual: UsualSize | null }): ReactNode {
  const limits = useLimits()
  const field = (name: keyof UsualSize, label: string): ReactNode => (
    <TextField
      label={label}
      name={name}
      type="number"
      min={1}
      max={limits?.most[name]}
      step={1}
      placeholder={usual === null ? 'Usual' : String(usual[name])}
      aria-describedby={limits === undefined ? undefined : 'size-limits'}
    />
  )
  return (
    <div className="size-fields">
      <div className="pair">
        {field('cpu', 'CPU')}
        {field('memory', 'Memory, GiB')}
        {field('disk', 'Disk, GiB')}
      </div>
      {limits !== undefined && limits.text !== '' && (
        <span className="hint quiet small" id="size-limits">
          {limits.text}
        </span>
      )}
    </div>
  )
}

function useLimits() {
  const { daytona, organization } = usePlatform()
  const { data } = useQuery({
    queryKey: ['usage', organization.id, 'to-create'],
    queryFn: async ({ signal }) => {
      const params = { organizationId: organization.id }
      return (await daytona.client.call('getOrganizationUsageOverview', { params }, { signal })).regionUsage[0] ?? null
    },
  })
  if (data == null) return undefined
  const { maxCpuPerSandbox, maxMemoryPerSandbox, maxDiskPerSandbox } = data
  const most = {
    cpu: maxCpuPerSandbox ?? undefined,
    memory: maxMemoryPerSandbox ?? undefined,
    disk: maxDiskPerSandbox ?? undefined,
  }
  const free = {
    cpu: left(data.totalCpuQuota, data.currentCpuUsage),
    memory: left(data.totalMemoryQuota, data.currentMemoryUsage),
    disk: left(data.totalDiskQuota, data.currentDiskUsage),
  }
  const mostText = describe(most)
  const freeText = describe(free)
  const text = [
    mostText === '' ? '' : `One sandbox may have ${mostText}.`,
    freeText === '' ? '' : `Your organization has ${freeText} left.`,
  ]
  return { most, text: text.filter(Boolean).join(' ') }
}

function left(total: number, used: number): number | undefined {
  return total >= unlimited ? undefined : Math.max(0, total - used)
}

function describe({ cpu, memory, disk }: { [Key in keyof UsualSize]: number | undefined }): string {
  const round = (value: number): string => value.toLocaleString(undefined, { maximumFractionDigits: 1 })
  const parts = [
    cpu === undefined ? '' : `${round(cpu)} CPU`,
    memory === undefined ? '' : `${round(memory)} GiB memory`,
    disk === undefined ? '' : `${round(disk)} GiB disk`,
  ].filter(Boolean)
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`
}
