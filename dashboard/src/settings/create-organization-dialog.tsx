import type { ReactNode } from 'react'
import { TextField } from '../design/fields.tsx'
import { FormDialog, textOf } from '../design/form-dialog.tsx'
import { useTell } from '../design/toasts.tsx'
import { usePlatform } from '../platform/platform.tsx'
import { useReadOrganizations } from './organization-actions.ts'

/** Makes an organization, and goes to it. */
export function CreateOrganizationDialog({ onClose }: { onClose: () => void }): ReactNode {
  const { daytona, chooseOrganization } = usePlatform()
  const readOrganizations = useReadOrganizations()
  const tell = useTell()

  async function create(form: FormData): Promise<void> {
    const name = textOf(form, 'name') ?? ''
    const { id } = await daytona.client.call('createOrganization', { body: { name } })
    // It must be in the list before it can be chosen.
    await readOrganizations()
    onClose()
    chooseOrganization(id)
    tell.done(`You are in ${name} now, and own it`)
  }

  return (
    <FormDialog
      title="New organization"
      description="A room of its own: with its own sandboxes, members, keys and limits. You own it."
      verb="Create"
      onSubmit={create}
      onClose={onClose}
    >
      <TextField label="Name" name="name" maxLength={100} placeholder="Acme" required />
    </FormDialog>
  )
}
