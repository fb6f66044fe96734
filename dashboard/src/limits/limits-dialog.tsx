import { useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { TextField } from '../design/fields.tsx'
import { FormDialog, numberOf } from '../design/form-dialog.tsx'
import { useTell } from '../design/toasts.tsx'
import { usePlatform } from '../platform/platform.tsx'
import { type RegionUsage, type Usage, unlimited } from './usage.ts'

const regionFields = [
  { name: 'totalCpuQuota', label: 'CPU of all, cores' },
  { name: 'totalMemoryQuota', label: 'Memory of all, GiB' },
  { name: 'totalDiskQuota', label: 'Disk of all, GiB' },
  { name: 'maxCpuPerSandbox', label: 'CPU of one sandbox, cores' },
  { name: 'maxMemoryPerSandbox', label: 'Memory of one, GiB' },
  { name: 'maxDiskPerSandbox', label: 'Disk of one, GiB' },
] as const

const wholeFields = [
  { name: 'snapshotQuota', label: 'Snapshots', of: ({ totalSnapshotQuota }: Usage) => totalSnapshotQuota },
  { name: 'volumeQuota', label: 'Volumes', of: ({ totalVolumeQuota }: Usage) => totalVolumeQuota },
] as const

/** Changes the limits of the organization; only for administrators of the platform. What is not touched stays. */
export function LimitsDialog({ usage, onClose }: { usage: Usage; onClose: () => void }): ReactNode {
  const { daytona, organization } = usePlatform()
  const queries = useQueryClient()
  const tell = useTell()
  const organizationId = organization.id

  async function save(form: FormData): Promise<void> {
    const { client } = daytona
    const whole = changed(form, '', Object.fromEntries(wholeFields.map(({ name, of }) => [name, of(usage)])))
    if (Object.keys(whole).length > 0) {
      await client.call('updateOrganizationQuota', { params: { organizationId }, body: whole })
    }
    for (const region of usage.regionUsage) {
      const { regionId } = region
      const body = changed(form, `${regionId} `, valuesOf(region))
      if (Object.keys(body).length === 0) continue
      await client.call('updateOrganizationRegionQuota', { params: { organizationId, regionId }, body })
    }
    await queries.invalidateQueries({ queryKey: ['usage', organizationId] })
    tell.done('The limits hold now')
  }

  return (
    <FormDialog
      title={`Limits of ${organization.name}`}
      description="An empty field is the platform's own limit; 1000000 is none. What is in use stays, also where it is more."
      verb="Save"
      onSubmit={save}
      onClose={onClose}
    >
      {usage.regionUsage.map((region) => (
        <fieldset key={region.regionId} className="limit-fields">
          <legend>In region {region.regionId}</legend>
          {regionFields.map(({ name, label }) => (
            <Limit key={name} name={`${region.regionId} ${name}`} label={label} value={region[name]} />
          ))}
        </fieldset>
      ))}
      <fieldset className="limit-fields">
        <legend>In all regions</legend>
        {wholeFields.map(({ name, label, of }) => (
          <Limit key={name} name={name} label={label} value={of(usage)} />
        ))}
      </fieldset>
    </FormDialog>
  )
}

function Limit({ name, label, value }: { name: string; label: string; value: number | null }): ReactNode {
  return (
    <TextField
      name={name}
      label={label}
      type="number"
      inputMode="numeric"
      min={0}
      max={unlimited}
      step={1}
      defaultValue={shown(value)}
      placeholder={value === null ? 'as the platform' : 'no limit'}
    />
  )
}

function valuesOf(region: RegionUsage): Readonly<Record<string, number | null>> {
  return Object.fromEntries(regionFields.map(({ name }) => [name, region[name]]))
}

function shown(value: number | null): string {
  return value === null || value >= unlimited ? '' : String(value)
}

/** Fields that say something else than they did: null for those that were emptied. */
function changed(
  form: FormData,
  before: string,
  values: Readonly<Record<string, number | null>>,
): Record<string, number | null> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => {
      const typed = numberOf(form, `${before}${name}`)
      if ((typed === undefined ? '' : String(typed)) === shown(value)) return []
      return [[name, typed ?? null]]
    }),
  )
}
