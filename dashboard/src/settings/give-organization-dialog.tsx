import type { ReactNode } from 'react'
import { SelectField, TextField } from '../design/fields.tsx'
import { FormDialog, textOf } from '../design/form-dialog.tsx'
import { useTell } from '../design/toasts.tsx'
import { usePlatform } from '../platform/platform.tsx'
import { useUsers } from './all.ts'
import { useReadOrganizations } from './organization-actions.ts'

/** Makes an organization that somebody owns. For administrators. */
export function GiveOrganizationDialog({ onClose }: { onClose: () => void }): ReactNode {
  const { daytona, user } = usePlatform()
  const users = useUsers().data ?? []
  const readOrganizations = useReadOrganizations()
  const tell = useTell()

  async function create(form: FormData): Promise<void> {
    const name = textOf(form, 'name') ?? ''
    const userId = textOf(form, 'owner') ?? user.id
    await daytona.client.call('adminCreateOrganization', { body: { name, userId } })
    tell.done(`${name} is there`)
    await readOrganizations()
  }

  return (
    <FormDialog title="Create an organization" verb="Create" onSubmit={create} onClose={onClose}>
      <TextField label="Name" name="name" maxLength={100} placeholder="Acme" required />
      <SelectField label="Its owner" name="owner" hint="Invites the others.">
        {users.map(({ id, name }) => (
          <option key={id} value={id}>
            {name} ({id})
          </option>
        ))}
      </SelectField>
    </FormDialog>
  )
}
