import { useQueryClient } from '@tanstack/react-query'
import { useTell } from '../design/toasts.tsx'
import type { Organization } from '../platform/organizations.ts'
import { usePlatform } from '../platform/platform.tsx'

/** What these actions need to know of an organization. */
type Named = Pick<Organization, 'id' | 'name'>

/** Reads the organizations again: those of the user, and those of the platform. */
export function useReadOrganizations(): () => Promise<void> {
  const queries = useQueryClient()
  return async () => {
    const keys = [['organizations'], ['all-organizations']]
    await Promise.all(keys.map((queryKey) => queries.invalidateQueries({ queryKey })))
  }
}

/** Chooses whether browsers are warned before previews of an organization; can be taken back. For administrators. */
export function usePreviewWarning(): (organization: Named, isOn: boolean) => Promise<void> {
  const { daytona } = usePlatform()
  const readOrganizations = useReadOrganizations()
  const tell = useTell()
  async function choose({ id, name }: Named, isOn: boolean): Promise<void> {
    try {
      const call = { params: { organizationId: id }, body: { previewWarningEnabled: isOn } }
      await daytona.client.call('adminUpdateOrganizationPreviewWarning', call)
      tell.done(
        `Previews of ${name} come ${isOn ? 'with' : 'without'} a warning`,
        () => void choose({ id, name }, !isOn),
      )
    } catch (error) {
      tell.failed('The warning is as it was', error)
    }
    await readOrganizations()
  }
  return choose
}

/** Opens a suspended organization again. For administrators. */
export function useUnsuspend(): (organization: Named) => Promise<void> {
  const { daytona } = usePlatform()
  const readOrganizations = useReadOrganizations()
  const tell = useTell()
  return async ({ id, name }) => {
    try {
      await daytona.client.call('unsuspendOrganization', { params: { organizationId: id } })
      tell.done(`${name} is open again`)
    } catch (error) {
      tell.failed(`${name} stays suspended`, error)
    }
    await readOrganizations()
  }
}
