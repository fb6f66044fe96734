import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { TextField } from '../design/fields.tsx'
import { FormDialog } from '../design/form-dialog.tsx'
import { Note } from '../design/notes.tsx'
import { useTell } from '../design/toasts.tsx'
import { usePlatform } from '../platform/platform.tsx'
import { useSandboxes } from '../sandboxes/live.ts'
import { useReadOrganizations } from './organization-actions.ts'

/** Asks for the name before the organization is deleted, and says what is lost, or what must go first. */
export function DeleteOrganizationDialog({ onClose }: { onClose: () => void }): ReactNode {
  const { daytona, organization } = usePlatform()
  const readOrganizations = useReadOrganizations()
  const tell = useTell()
  const [typed, setTyped] = useState('')
  const held = useHeld()
  const { id, name } = organization

  async function remove(): Promise<void> {
    if (typed !== name) throw new Error(`Type ${name} to say that you mean it`)
    await daytona.client.call('deleteOrganization', { params: { organizationId: id } })
    tell.done(`${name} is deleted`)
    await readOrganizations()
  }

  return (
    <FormDialog title={`Delete ${name}?`} verb="Delete for ever" isDanger onSubmit={remove} onClose={onClose}>
      {held !== '' && (
        <Note kind="bad">It still has {held}. Delete them first: what is in them is yours to keep or not.</Note>
      )}
      <p>
        Its members, API keys, secrets, registries, webhooks, warm pools and roles are lost, and programs that use its
        keys are refused at once. It cannot be brought back.
      </p>
      <TextField
        label={`Type ${name} to go on`}
        name="confirmation"
        autoComplete="off"
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        required
      />
    </FormDialog>
  )
}

/** What keeps the organization from being deleted, in words. */
function useHeld(): string {
  const { daytona, organization } = usePlatform()
  const sandboxes = useSandboxes().data?.length ?? 0
  const { data } = useQuery({
    queryKey: ['usage', organization.id, 'overview'],
    queryFn: ({ signal }) =>
      daytona.client.call('getOrganizationUsageOverview', { params: { organizationId: organization.id } }, { signal }),
    staleTime: 0,
  })
  const counts = [
    counted(sandboxes, 'sandbox', 'sandboxes'),
    counted(data?.currentSnapshotUsage ?? 0, 'snapshot', 'snapshots'),
    counted(data?.currentVolumeUsage ?? 0, 'volume', 'volumes'),
  ]
  return counts.filter((words) => words !== '').join(', ')
}

function counted(count: number, one: string, many: string): string {
  if (count === 0) return ''
  return `${count} ${count === 1 ? one : many}`
}
